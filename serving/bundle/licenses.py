"""Licences as model hubs name them."""

from __future__ import annotations

import re

from serving.common.errors import InputError, shown

NAME = re.compile("[A-Za-z0-9][A-Za-z0-9.+_-]{0,63}")
# Those that hubs know by themselves; any other is `other` with a name. "Licenses" of the Hugging Face Hub's docs.
KNOWN = frozenset(
    [
        "afl-3.0",
        "agpl-3.0",
        "apache-2.0",
        "artistic-2.0",
        "bigcode-openrail-m",
        "bigscience-bloom-rail-1.0",
        "bigscience-openrail-m",
        "bsd",
        "bsd-2-clause",
        "bsd-3-clause",
        "bsd-3-clause-clear",
        "bsl-1.0",
        "c-uda",
        "cc",
        "cc-by-2.0",
        "cc-by-2.5",
        "cc-by-3.0",
        "cc-by-4.0",
        "cc-by-nc-2.0",
        "cc-by-nc-3.0",
        "cc-by-nc-4.0",
        "cc-by-nc-nd-3.0",
        "cc-by-nc-nd-4.0",
        "cc-by-nc-sa-2.0",
        "cc-by-nc-sa-3.0",
        "cc-by-nc-sa-4.0",
        "cc-by-nd-4.0",
        "cc-by-sa-3.0",
        "cc-by-sa-4.0",
        "cc0-1.0",
        "cdla-permissive-1.0",
        "cdla-permissive-2.0",
        "cdla-sharing-1.0",
        "creativeml-openrail-m",
        "deepfloyd-if-license",
        "ecl-2.0",
        "epl-1.0",
        "epl-2.0",
        "etalab-2.0",
        "eupl-1.1",
        "gemma",
        "gfdl",
        "gpl",
        "gpl-2.0",
        "gpl-3.0",
        "isc",
        "lgpl",
        "lgpl-2.1",
        "lgpl-3.0",
        "lgpl-lr",
        "llama2",
        "lppl-1.3c",
        "mit",
        "mpl-2.0",
        "ms-pl",
        "ncsa",
        "odbl",
        "odc-by",
        "ofl-1.1",
        "openrail",
        "openrail++",
        "osl-3.0",
        "other",
        "pddl",
        "postgresql",
        "unknown",
        "unlicense",
        "wtfpl",
        "zlib",
    ]
)


def license_entries(name: str | None) -> dict[str, str]:
    """What the header of a card says of a licence: nothing where none is known."""
    if name is None:
        return {}
    known = name.lower()
    return {"license": known} if known in KNOWN else {"license": "other", "license_name": name}


def check_license(name: str | None) -> None:
    """Raises InputError for a text that cannot be the name of a licence, known or not."""
    if name is not None and not NAME.fullmatch(name):
        raise InputError(f"--license must be the name of a licence, such as apache-2.0. Received: {shown(name)}.")

"""What `manifest.schema.json` states, as Python needs it: the one definition of a bundle, for every language."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

SCHEMA: dict[str, Any] = json.loads(Path(__file__).with_name("manifest.schema.json").read_text(encoding="utf-8"))

_entries, _defs, _document = SCHEMA["properties"], SCHEMA["$defs"], SCHEMA["x-document"]
_network, _tensor = _defs["network"]["properties"], _defs["tensor"]["properties"]


def _texts(choices: dict[str, Any]) -> tuple[str, ...]:
    """The choices of an entry that may be null."""
    return tuple(choice for choice in choices["enum"] if choice is not None)


MOST_BYTES: int = _document["most_bytes"]
DEEPEST: int = _document["deepest"]
NEWEST_FORMAT: int = _entries["format_version"]["maximum"]
FEATURES = _texts(_defs["feature"])
(FIXED_BATCH,) = FEATURES

LARGEST_INTEGER: int = _defs["positive"]["maximum"]
MOST_NETWORK_BYTES: int = _network["size"]["maximum"]
MOST_WEIGHTS_BYTES: int = _network["weights"]["properties"]["size"]["maximum"]
MOST_BYTES_BESIDE: int = _defs["sizeBeside"]["maximum"]
MOST_CODES: int = _entries["codes"]["properties"]["count"]["maximum"]
_examples = _entries["examples"]["additionalProperties"]["properties"]
MOST_EXAMPLES: int = _examples["count"]["maximum"]
MOST_COLOURS: int = _examples["colours"]["maxItems"]
LONGEST_FILE_NAME: int = _defs["fileName"]["maxLength"]
LONGEST_VERSION: int = _entries["minimum_version"]["maxLength"]
MOST_NETWORKS: int = _entries["networks"]["maxProperties"]
MOST_TENSORS: int = _defs["tensors"]["maxProperties"]
MOST_CLASSES: int = _entries["classes"]["maxItems"]
MOST_AXES: int = _tensor["axes"]["maxItems"]

INTERPOLATIONS = _texts(_defs["interpolation"])
PRIORS = _texts(_entries["latent"]["properties"]["prior"])
WEIGHTS = _texts(_entries["weights"])
QUANTIZATIONS = _texts(_entries["quantization"]["additionalProperties"]["properties"]["kind"])
DTYPES = _texts(_tensor["dtype"])
# A file name is refused where one of these is found in it.
UNFIT_NAMES = tuple(rule["pattern"] for rule in _defs["fileName"]["not"]["anyOf"])
VERSION: str = _entries["minimum_version"]["pattern"]

"""The server's messages over gRPC, from the `.proto` files."""

from __future__ import annotations

import re
from pathlib import Path

import serving.server.grpc
from docs.site.reference.guides import block

FOLDER = Path(serving.server.grpc.__file__).parent


def page() -> str:
    """What each file states, and its text."""
    parts = [
        "# The server over gRPC\n",
        "The Open Inference Protocol v2 and the standard health checks. [Server](../server.md) explains both.\n",
        block("server", "python"),
    ]
    for path in sorted(FOLDER.glob("*.proto"), reverse=True):
        text = path.read_text()
        calls = re.findall(r"rpc (\w+) ?\((\w+)\) returns \((?:stream )?(\w+)\)", text)
        rows = [f"| `{name}` | `{given}` | `{got}` |" for name, given, got in calls]
        parts += [f"## {path.name}\n", "| call | request | response |", "|---|---|---|", *rows, ""]
        parts.append(f"```protobuf\n{text.strip()}\n```\n")
    return "\n".join(parts)

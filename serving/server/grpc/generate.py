"""`python -m serving.server.grpc.generate`: writes `messages.binpb` from the `.proto` files, with grpcio-tools."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from serving.server.grpc.messages import DESCRIPTORS

PROTOS = ("health.proto", "inference.proto")


def generate(target: Path) -> None:
    """Writes the descriptors of the messages to a file."""
    # In a process of its own: the compiler brings a protobuf that does not bear TensorFlow's beside it.
    place = DESCRIPTORS.parent
    command = [sys.executable, "-m", "grpc_tools.protoc", f"-I{place}", f"--descriptor_set_out={target}"]
    subprocess.run([*command, *(str(place / name) for name in PROTOS)], check=True)


if __name__ == "__main__":
    generate(DESCRIPTORS)

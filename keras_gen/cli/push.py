"""`keras-gen push BUNDLE USER/NAME`."""

from __future__ import annotations

from collections.abc import Sequence

from keras_gen.cli.parser import Parser
from serving.bundle.push import push_bundle


def run(words: Sequence[str]) -> int:
    """Sends a bundle to a model hub and prints what it is called there."""
    parser = Parser("keras-gen push", description="Send a bundle to a model hub.")
    parser.add_argument("bundle", type=str, help="bundle: a folder written by keras-gen export.")
    parser.add_argument(
        "repository", type=str, help="USER/NAME of the repository, which is made where it is not there."
    )
    parser.add_argument("--private", type=bool, default=False, help="make a new repository private.")
    parser.add_argument("--message", type=str, default="A bundle of keras-gen", help="message of the commit.")
    options = parser.parse_args(words)
    print(f"bundle: {push_bundle(options.bundle, options.repository, options.private, options.message)}")
    return 0

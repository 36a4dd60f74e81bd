"""`keras-gen watch RUN...`: how runs are going, as a page."""

from __future__ import annotations

import threading
import webbrowser
from collections.abc import Sequence

from keras_gen.cli.parser import Parser
from keras_gen.watch import Runs, watched
from serving.common.errors import InputError


def run(words: Sequence[str]) -> int:
    """Shows runs until the process is interrupted."""
    parser = Parser("keras-gen watch", description="Show how runs are going, as a page on this machine that refreshes.")
    parser.add_argument(
        "runs", type=str, nargs="+", help="run directories, or folders of runs, in which new ones appear."
    )
    parser.add_argument("--open", type=bool, default=False, help="open the page in the browser.")
    parser.add_argument("--port", type=int, default=0, help="port of the page; a free one by default.")
    options = parser.parse_args(words)
    if not 0 <= options.port < 2**16:
        raise InputError(f"--port must be from 0 to 65535. Received: {options.port}.")
    with watched(Runs(options.runs), options.port) as address:
        print(f"open: {address} (Ctrl+C ends it)", flush=True)
        if options.open:
            webbrowser.open(address)
        _wait()
    return 0


def _wait() -> None:
    """Until the process is interrupted."""
    threading.Event().wait()

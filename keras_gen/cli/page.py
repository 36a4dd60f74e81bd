"""`keras-gen page BUNDLE... --out DIR`, or `--open`."""

from __future__ import annotations

import tempfile
import threading
import webbrowser
from collections.abc import Sequence
from pathlib import Path

from keras_gen.cli.parser import Parser
from serving.bundle.references import BUNDLES_HELP
from serving.common.errors import InputError
from serving.page import write_site
from serving.page.host import hosted


def run(words: Sequence[str]) -> int:
    """Writes a web page that runs bundles in the browser, or shows it, or both."""
    parser = Parser("keras-gen page", description="Put bundles into a web page that runs them in the browser.")
    parser.add_argument(
        "bundles",
        type=str,
        nargs="+",
        help=BUNDLES_HELP,
    )
    parser.add_argument("--out", type=str | None, default=None, help="folder of static files to write.")
    parser.add_argument(
        "--open", type=bool, default=False, help="serve the page on this machine alone, and open it in the browser."
    )
    parser.add_argument("--port", type=int, default=0, help="port of --open; a free one by default.")
    options = parser.parse_args(words)
    if options.out is None and not options.open:
        raise InputError("keras-gen page needs --out or --open. Received: neither.")
    if not 0 <= options.port < 2**16:
        raise InputError(f"--port must be from 0 to 65535. Received: {options.port}.")
    with tempfile.TemporaryDirectory(prefix="keras-gen-page-") as temporary:
        out = Path(options.out or Path(temporary) / "site")
        names = write_site(options.bundles, out)
        if options.out:
            print(f"page: {out} with {', '.join(names)}", flush=True)
        if options.open:
            _show(out, options.port)
    return 0


def _show(folder: Path, port: int) -> None:
    """Serves the page until the process is interrupted."""
    with hosted(folder, port) as address:
        print(f"open: {address} (Ctrl+C ends it)", flush=True)
        webbrowser.open(address)
        threading.Event().wait()

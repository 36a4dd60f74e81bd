"""`keras-gen serve BUNDLE ...`: bundles over HTTP and gRPC."""

from __future__ import annotations

import importlib.util
import re
import ssl
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from keras_gen.cli.bundle_options import add_running, settings_of
from keras_gen.cli.parser import Parser
from serving.bundle.references import BUNDLE_HELP, called, is_folder
from serving.common.errors import InputError, require_at_least, require_integer

MIB = 2**20
SERVER = ("grpc", "httptools", "orjson", "prometheus_client", "python_multipart", "uvicorn")


def run(words: Sequence[str]) -> int:
    """Serves until a signal says to stop."""
    options = _parser().parse_args(words)
    _check(options)
    _check_installed(*SERVER, *(("opentelemetry",) if options.traces else ()))
    from serving.server.operations.plan import address
    from serving.server.operations.sockets import bound

    plan = _plan(options)
    with (
        bound(options.host, options.http_port, "--http-port") as http,
        bound(options.host, options.grpc_port, "--grpc-port") as grpc,
    ):
        plan = replace(plan, host=grpc.getsockname()[0], grpc_port=grpc.getsockname()[1])
        if not plan.loopback and not plan.tokens:
            print(
                f"keras-gen: everybody who reaches {plan.host} can use this server: --token-file names who may.",
                file=sys.stderr,
            )
        scheme = "http" if plan.certificate is None else "https"
        places = [f"HTTP: {scheme}://{address(plan.host, http.getsockname()[1])}"]
        places += [f"gRPC: {address(plan.host, plan.grpc_port)}"]
        _serve(plan, http, options.workers, lambda models: print("\n".join([*models, *places]), flush=True))
    return 0


def _serve(plan: Any, http: Any, workers: int, ready: Any) -> None:
    if workers > 1:
        from serving.server.operations.supervisor import Supervisor

        Supervisor(plan, http, workers, ready).run()
    else:
        from serving.server.operations.worker import serve

        serve(plan, http, 1, lambda engine: ready([each.name for each in engine.catalogue.served()]))


def _plan(options: Any) -> Any:
    from serving.server.limits import Limits
    from serving.server.operations.plan import Plan
    from serving.server.operations.token_file import read_tokens

    return Plan(
        bundles=_bundles(options.bundles),
        settings=settings_of(options),
        max_batch_size=options.max_batch_size,
        wait=options.wait_ms / 1000,
        batching=_batching(options.batching, options.wait_ms),
        limits=Limits(
            body_bytes=options.body_mib * MIB,
            rows=options.rows,
            queued_rows=options.queued_rows,
            connections=options.connections,
            seconds=options.seconds,
        ),
        tokens={} if options.token_file is None else read_tokens(Path(options.token_file)),
        certificate=_certificate(options),
        allow_origin=tuple(options.allow_origin),
        log=options.log,
        traces=options.traces,
        page=_page(options.page),
        drain_seconds=options.drain_seconds,
        watch_seconds=options.watch_seconds,
    )


def _batching(words: Sequence[str], wait_ms: float) -> dict[str, Any]:
    """Name of a network -> how its rows are joined, of `NAME=ROWS` or `NAME=ROWS,MS`."""
    from serving.server.batching.options import Batching

    made: dict[str, Any] = {}
    for word in words:
        form = re.fullmatch(r"([^=]+)=(\d{1,6})(?:,(\d{1,6}(?:\.\d+)?))?", word)
        if form is None or form[1] in made:
            raise InputError(f"--batching must be NAME=ROWS or NAME=ROWS,MS, once for a network. Received: {word}.")
        wait = wait_ms if form[3] is None else float(form[3])
        made[form[1]] = Batching(rows=int(form[2]), wait=wait / 1000)
    return made


def _page(place: str | None) -> Path | None:
    if place is None:
        return None
    if not (Path(place) / "index.html").is_file():
        raise InputError(f"--page must be a folder that keras-gen page wrote. Received: {place}.")
    return Path(place)


def _bundles(words: Sequence[str]) -> dict[str, str]:
    """Name -> place, of `NAME=PLACE` or a place alone, whose last part is the name then."""
    bundles: dict[str, str] = {}
    for word in words:
        name, place = _named(word)
        if not name or "/" in name or not place:
            raise InputError(f"a bundle must be a folder or NAME=FOLDER. Received: {word}.")
        if name in bundles:
            raise InputError(
                f"bundles must have names of their own, as in {name}_2={place}. Received: {bundles[name]} and {place}."
            )
        bundles[name] = place
    return bundles


def _named(word: str) -> tuple[str, str]:
    """The name and the place of a bundle."""
    if Path(word).exists():
        return Path(word).resolve().name, word
    if not is_folder(word):
        return called(word), word
    name, equals, place = word.partition("=")
    return (name, place) if equals else (Path(word).name, word)


def _certificate(options: Any) -> tuple[Path, Path] | None:
    """The files of TLS, which fit each other.

    Raises:
        InputError: one without the other, or not a certificate with its key.
    """
    if (options.tls_cert is None) != (options.tls_key is None):
        raise InputError("--tls-cert and --tls-key must be given together.")
    if options.tls_cert is None:
        return None
    files = Path(options.tls_cert), Path(options.tls_key)
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(*files, password="")
    except OSError as error:
        raise InputError(
            f"--tls-cert and --tls-key must be a certificate and its key in PEM, without a password. "
            f"Received: {files[0]} and {files[1]}: {error.strerror or error}."
        ) from None
    return files


def _check_installed(*packages: str) -> None:
    """Raises ModuleNotFoundError here for what is missing, and not in every worker."""
    for package in packages:
        if importlib.util.find_spec(package) is None:
            raise ModuleNotFoundError(f"No module named {package!r}", name=package)


def _check(options: Any) -> None:
    for name in ("workers", "rows", "queued_rows", "connections", "body_mib"):
        require_integer(1, **{name: options[name]})
    if options.max_batch_size is not None:
        require_integer(1, max_batch_size=options.max_batch_size)
    require_at_least(0, wait_ms=options.wait_ms, watch_seconds=options.watch_seconds)
    require_at_least(0, drain_seconds=options.drain_seconds)
    if not options.seconds > 0:
        raise InputError(f"--seconds must be above 0. Received: {options.seconds}.")


def _parser() -> Parser:
    parser = Parser(
        "keras-gen serve",
        description="Serve bundles over HTTP and gRPC, by the Open Inference Protocol v2, and pictures over HTTP.",
    )
    parser.add_argument("bundles", type=str, nargs="+", help=f"{BUNDLE_HELP} NAME=BUNDLE gives it another name.")
    parser.add_argument("--host", type=str, default="127.0.0.1", help="address to listen at; this machine alone.")
    parser.add_argument("--http_port", type=int, default=8000, help="port of HTTP; 0 takes a free one.")
    parser.add_argument("--grpc_port", type=int, default=8001, help="port of gRPC; 0 takes a free one.")
    parser.add_argument("--workers", type=int, default=1, help="processes behind the ports, which share the cores.")
    add_running(parser)
    _add_batching(parser)
    _add_access(parser)
    parser.add_argument(
        "--page", type=str | None, default=None, help="folder of keras-gen page, to serve to browsers under /page/."
    )
    parser.add_argument(
        "--log",
        type=Literal["none", "text", "json"],
        default="none",
        help="write a line for each request to standard output.",
    )
    parser.add_argument(
        "--traces",
        type=bool,
        default=False,
        help="send a trace of each request to where OpenTelemetry's variables say (OTEL_EXPORTER_OTLP_ENDPOINT).",
    )
    parser.add_argument(
        "--drain_seconds",
        type=float,
        default=25.0,
        help="seconds that accepted requests may take after a signal to stop.",
    )
    parser.add_argument(
        "--watch_seconds",
        type=float,
        default=5.0,
        help="seconds between two looks at whether a bundle was replaced; 0 waits for the signal SIGHUP.",
    )
    return parser


def _add_batching(parser: Parser) -> None:
    parser.add_argument(
        "--max_batch_size",
        type=int | None,
        default=None,
        help="rows of requests that are computed together; 64 by default, 8 for translators.",
    )
    parser.add_argument(
        "--wait_ms",
        type=float,
        default=1.0,
        help="milliseconds that a batch may wait for more rows while another one is computed.",
    )
    parser.add_argument(
        "--batching",
        type=str,
        nargs="+",
        default=[],
        help="NAME=ROWS or NAME=ROWS,MS, such as vae/decoder=16,2: the same for single networks.",
    )
    parser.add_argument("--rows", type=int, default=4096, help="largest number of rows of a request.")
    parser.add_argument(
        "--queued_rows", type=int, default=4096, help="rows that may wait for one network; more are refused."
    )
    parser.add_argument("--body_mib", type=int, default=64, help="largest size of a request, in MiB.")
    parser.add_argument(
        "--connections", type=int, default=1000, help="connections of HTTP and calls of gRPC at a time."
    )
    parser.add_argument("--seconds", type=float, default=60.0, help="seconds that a request may take.")


def _add_access(parser: Parser) -> None:
    parser.add_argument(
        "--token_file",
        type=str | None,
        default=None,
        help="file of NAME TOKEN lines: who may ask, with the header Authorization: Bearer TOKEN.",
    )
    parser.add_argument("--tls_cert", type=str | None, default=None, help="file with a certificate chain, for TLS.")
    parser.add_argument("--tls_key", type=str | None, default=None, help="file with the key of the certificate.")
    parser.add_argument(
        "--allow_origin",
        type=str,
        nargs="*",
        default=[],
        help="origins whose pages in a browser may ask, such as https://example.org; none by default.",
    )

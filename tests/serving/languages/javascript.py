"""The npm package as its users have it, and programs that tests send to Node or to a page over HTTP."""

from __future__ import annotations

import functools
import json
import queue
import shutil
import subprocess
import tarfile
import threading
from collections.abc import Callable, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

HERE = Path(__file__).parent
SOURCE = HERE.parents[2] / "serving" / "js"
WORKER = HERE / "worker.mjs"
TYPES = {".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm"}
SECONDS = 240


class ProgramError(Exception):
    """An error that a program ended with: `name` is its class, the message is its own."""

    def __init__(self, name: str, message: str, stack: str) -> None:
        super().__init__(message)
        self.name = name
        self.add_note(stack)


def missing(*programs: str) -> str | None:
    """The first of some programs that is not installed."""
    return next((f"{program} is not installed" for program in programs if shutil.which(program) is None), None)


def build(folder: Path) -> None:
    """In an empty folder `app`, with the package in its `node_modules`, as `npm pack` makes it, beside ONNX Runtime."""
    package, app = folder / "package", folder / "app"
    shutil.copytree(SOURCE, package, ignore=shutil.ignore_patterns("node_modules", "dist", "ready"))
    shutil.copytree(SOURCE.with_name("ready"), folder / "ready")
    # Without scripts nothing comes from anywhere but the registry.
    run_in(package, "npm", "ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund")
    run_in(package, "npm", "run", "build")
    run_in(package, "npm", "pack", "--ignore-scripts")
    modules = app / "node_modules"
    modules.mkdir(parents=True)
    (packed,) = package.glob("*.tgz")
    with tarfile.open(packed) as archive:
        archive.extractall(modules, filter="data")
    (modules / "package").rename(modules / "keras-gen")
    for other in ("onnxruntime-node", "onnxruntime-web", "@types"):
        (modules / other).symlink_to(package / "node_modules" / other)
    shutil.copy(WORKER, app)


def run_in(folder: Path, *command: str) -> str:
    """Runs a program to its end and returns what it printed; AssertionError with all of that where it failed."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


class Server:
    """Files at addresses, and programs for whoever runs them.

    Args:
        places: where addresses begin, and the folder that lies there; the longest that fits counts.
        headers: of every answer.
    """

    def __init__(self, places: dict[str, Path], headers: Mapping[str, str] = MappingProxyType({})) -> None:
        self.places = places
        self.headers = headers
        self._jobs: queue.Queue[tuple[int, bytes]] = queue.Queue()
        self._answers: dict[int, queue.Queue[bytes]] = {}
        self._number = 0
        handler = functools.partial(_Handler, self)
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._http.serve_forever, daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def run(self, code: str, images: np.ndarray | None = None, alive: Any = lambda: None, **values: object) -> Any:
        """What a program returns: an array for pictures and rows, else what its JSON is.

        Args:
            code: the body of an asynchronous function that sees what the package exports.
            images: pictures, (n, height, width, channels), that it sees as `images`.
            alive: called now and then while nothing has come; raises where nothing will.
            values: what else it sees, by name.

        Raises:
            ProgramError: what it threw.
        """
        self._number += 1
        number, answers = self._number, queue.Queue[bytes]()
        self._answers[number] = answers
        array = None if images is None else {"dtype": str(images.dtype), "shape": images.shape}
        header = {"number": number, "code": code, "array": array, "values": values}
        content = b"" if images is None else np.ascontiguousarray(images).tobytes()
        self._jobs.put((number, _framed(header, content)))
        for _ in range(SECONDS):
            alive()
            try:
                return _returned(*_unframed(answers.get(timeout=1)))
            except queue.Empty:
                continue
        raise AssertionError(f"no answer within {SECONDS} s to: {code}")

    def end(self) -> None:
        """Tells whoever runs programs that there are no more."""
        self._jobs.put((0, _framed({"code": None}, b"")))

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def next_job(self) -> bytes | None:
        """The next program, or None where there is none for a while."""
        try:
            return self._jobs.get(timeout=5)[1]
        except queue.Empty:
            return None

    def answered(self, number: int, body: bytes) -> None:
        self._answers.pop(number).put(body)

    def file(self, path: str) -> Path | None:
        """The file at an address."""
        for begin, folder in sorted(self.places.items(), key=lambda place: -len(place[0])):
            if path.startswith(begin):
                file = folder / path[len(begin) :]
                return file if file.is_file() and ".." not in file.parts else None
        return None


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, server: Server, *arguments: Any) -> None:
        self.jobs = server
        super().__init__(*arguments)

    def do_GET(self) -> None:
        if self.path == "/job":
            job = self.jobs.next_job()
            self._send(204 if job is None else 200, "application/octet-stream", job or b"")
        elif (file := self.jobs.file(self.path)) is not None:
            self._send(200, TYPES.get(file.suffix, "application/octet-stream"), file.read_bytes())
        else:
            self._send(404, "text/plain", b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.jobs.answered(int(self.path.rpartition("/")[2]), body)
        self._send(204, "text/plain", b"")

    def log_message(self, *_: object) -> None:
        """Not to standard error."""

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in self.jobs.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


class Programs:
    """Sampling and translation by programs in JavaScript; a subclass says who runs them and how it names a bundle."""

    def run(self, code: str, images: np.ndarray | None = None, **values: object) -> Any:
        raise NotImplementedError

    def place(self, bundle: Path | str) -> str:
        """What a program opens a bundle by."""
        raise NotImplementedError

    def sample(
        self,
        bundle: Path | str,
        n: int,
        seed: int,
        labels: Sequence[int] | None = None,
        truncation: float | None = None,
        **options: object,
    ) -> np.ndarray:
        """uint8 (n, height, width, channels)."""
        given = {"labels": labels, "truncation": truncation, **options}
        code = """
            const sampler = await Sampler.open(place);
            const pictures = toUint8(await sampler.sample(n, { seed: BigInt(seed), ...options }));
            await sampler.close();
            return pictures;
        """
        chosen = {name: value for name, value in given.items() if value is not None}
        return self.run(code, place=self.place(bundle), n=n, seed=str(seed), options=_plain(chosen))

    def reconstruct(self, bundle: Path | str, images: np.ndarray, labels: Sequence[int] | None = None) -> np.ndarray:
        """uint8 (n, height, width, channels), of pictures that are."""
        code = """
            const sampler = await Sampler.open(place);
            const pictures = toUint8(await sampler.reconstruct(sampler.asInput(images), options));
            await sampler.close();
            return pictures;
        """
        chosen = {} if labels is None else {"labels": labels}
        return self.run(code, images, place=self.place(bundle), options=_plain(chosen))

    def classify(self, bundle: Path | str, images: np.ndarray) -> np.ndarray:
        """Probabilities, float32 (n, classes)."""
        code = """
            const sampler = await Sampler.open(place);
            const probabilities = await sampler.classify(sampler.asInput(images));
            await sampler.close();
            return probabilities;
        """
        return self.run(code, images, place=self.place(bundle))

    def translate(
        self, bundle: Path | str, picture: np.ndarray, to: str | None = None, tile: int | None = None, **answer: int
    ) -> np.ndarray:
        """uint8 (height, width, channels); `seed` and `variant` of a model with noise."""
        code = """
            const translator = await Translator.open(place, options);
            const translation = await translator.translate(images, to ?? undefined, answer);
            await translator.close();
            return translation;
        """
        options = {} if tile is None else {"tile": tile}
        return self.run(code, picture[None], place=self.place(bundle), to=to, options=options, answer=answer)[0]


def assert_same_pictures(received: np.ndarray, expected: np.ndarray) -> None:
    """At most one grey level apart."""
    assert received.shape == expected.shape
    assert received.dtype == expected.dtype == np.uint8
    assert np.abs(received.astype(int) - expected).max() <= 1


def refusal(language: Programs, call: Callable[[], object]) -> str:
    """The one line that a call is refused with."""
    with pytest.raises(ProgramError) as error:
        call()
    assert error.value.name == "InputError"
    assert "\n" not in str(error.value)
    return str(error.value)


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """NumPy's arrays and numbers as lists and numbers of JSON."""
    return {name: np.asarray(value).tolist() for name, value in values.items()}


def _framed(header: dict[str, Any], content: bytes) -> bytes:
    text = json.dumps(header).encode()
    return len(text).to_bytes(4, "little") + text + content


def _unframed(body: bytes) -> tuple[dict[str, Any], bytes]:
    end = 4 + int.from_bytes(body[:4], "little")
    return json.loads(body[4:end]), body[end:]


def _returned(header: dict[str, Any], content: bytes) -> Any:
    if "error" in header:
        raise ProgramError(**header["error"])
    if "array" in header:
        return np.frombuffer(content, header["array"]["dtype"]).reshape(header["array"]["shape"])
    return header["value"]

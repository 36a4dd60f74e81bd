"""ONNX Runtime from 1.29 on writes a device id and sends what it runs: not from here, unless the user says so."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.serving.languages import recorder
from tests.serving.languages.required import required

OPENED = """
import {{ Translator }} from "keras-gen";
const translator = await Translator.open({bundle!r});
await translator.translate({{ data: new Uint8Array(192), n: 1, height: 8, width: 8, channels: 3 }}, "b");
"""
IN_A_WORKER = """
import {{ Worker }} from "node:worker_threads";
{first}
const worker = new Worker(new URL("./opened.mjs", import.meta.url));
const received = await new Promise((resolve) => {{
  worker.on("error", (error) => resolve(error.message));
  worker.on("exit", () => resolve("nothing went wrong"));
}});
if (!received.includes(process.argv[2])) throw new Error(received);
"""


@pytest.fixture(scope="module", autouse=True)
def _needed():
    required(recorder.missing())


@pytest.fixture(scope="module")
def opening(app, bundles):
    """The folder of the npm package with a program that opens a bundle."""
    (app / "opened.mjs").write_text(OPENED.format(bundle=str(bundles["inverting"])))
    return app


def test_a_socket_is_seen(tmp_path):
    """What the tests below do not find would be found."""
    program = "import socket; socket.socket(socket.AF_INET).close()"
    assert recorder.recorded(tmp_path, [sys.executable, "-c", program]).sockets == 1


def test_python_sends_and_keeps_nothing(tmp_path, bundles):
    program = f"import serving; serving.load({str(bundles['inverting'])!r}, provider='cpu').warm_up(8, 8)"
    seen = recorder.recorded(tmp_path, [sys.executable, "-c", program])
    assert (seen.sockets, seen.files) == (0, ())


def test_node_sends_and_keeps_nothing(tmp_path, opening):
    seen = recorder.recorded(tmp_path, ["node", "opened.mjs"], cwd=opening)
    assert (seen.sockets, seen.files) == (0, ())
    assert set(seen.told) == {"1"}


@pytest.mark.parametrize(
    ("first", "expected"), [("", "ORT_DISABLE_TELEMETRY must be set before"), ('await import("keras-gen");', None)]
)
def test_a_worker_thread_of_node_needs_what_the_main_thread_sets(tmp_path, app, first, expected):
    """What it sets itself is seen by nobody but itself."""
    (app / "main.mjs").write_text(IN_A_WORKER.format(first=first))
    seen = recorder.recorded(tmp_path, ["node", "main.mjs", expected or "nothing went wrong"], cwd=app)
    assert (seen.sockets, seen.files) == (0, ())
    assert set(seen.told) == (set() if expected else {"1"})


def test_what_the_user_set_stays(tmp_path, opening):
    seen = recorder.recorded(tmp_path, ["node", "opened.mjs"], cwd=opening, ORT_DISABLE_TELEMETRY="true")
    assert set(seen.told) == {"true"}


@pytest.mark.parametrize("package", ["export.quantized", "keras_gen.cli", "serving.bulk.ray_data"])
@pytest.mark.parametrize(("given", "told"), [({}, "1"), ({"ORT_DISABLE_TELEMETRY": "0"}, "0")])
def test_whatever_is_imported_it_is_set(package, given, told):
    """ONNX Runtime is loaded behind these, by us or by what graphs are converted with."""
    program = f"import os, {package}; print(os.environ['ORT_DISABLE_TELEMETRY'])"
    inherited = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, env={**inherited, **given}, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [told]

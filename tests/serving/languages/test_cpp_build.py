"""Building the C++ library, libraries that do not fit it, and what its page tells a stranger to type."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from serving.common.images import grid, read_image, write_picture, write_png
from tests.serving.languages import cpp, recorder, toys
from tests.translators import noise

PAGE = Path(__file__).parents[3] / "docs" / "cpp.md"
LANGUAGES = ["cpp"]
pytestmark = pytest.mark.usefixtures("language")

OLD_LIBRARY = """
#include <onnxruntime_c_api.h>
static const OrtApi* none(uint32_t) noexcept { return nullptr; }
static const char* version() noexcept { return "%s"; }
static const OrtApiBase base = {none, version};
extern "C" const OrtApiBase* OrtGetApiBase() noexcept { return &base; }
"""


@pytest.mark.parametrize("version", ["1.10.0", "99.0.0"])
def test_a_library_without_the_functions_is_one_line(language, onnxruntime, toy, tmp_path, version):
    """One that is older than the headers, and one that knows them no longer."""
    (tmp_path / "old.cpp").write_text(OLD_LIBRARY % version)
    (tmp_path / "names").write_text(f"VERS_{wheel_version()} {{ OrtGetApiBase; }};")
    library = tmp_path / "libonnxruntime.so.1"
    cpp.called(
        "c++", "-std=c++17", "-shared", "-fPIC", f"-I{onnxruntime.include}",
        f"-Wl,--version-script={tmp_path / 'names'}",
        "-Wl,-soname,libonnxruntime.so.1", tmp_path / "old.cpp", "-o", library,
    )  # fmt: skip
    line = cpp.refused(language.program("sample"), toy, 4, 7, tmp_path / "out.png", LD_LIBRARY_PATH=str(tmp_path))
    assert re.search(rf"the onnxruntime library must be at least 1\.\d+, .* Received: {re.escape(version)}\.", line)


def wheel_version():
    return cpp.wheel_library().name.removeprefix("libonnxruntime.so.")


def test_a_library_of_another_machine_is_named_when_building(onnxruntime, tmp_path):
    """The wheel's own library, but for the field of its header that says which machine it is for."""
    content = bytearray((onnxruntime.library / "libonnxruntime.so").read_bytes())
    content[18:20] = (0xF3).to_bytes(2, "little")  # RISC-V
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "libonnxruntime.so").write_bytes(content)
    words = ["-S", cpp.SOURCES, "-B", tmp_path / "build", f"-DORT_INCLUDE_DIR={onnxruntime.include}"]
    result = cpp.run("cmake", *words, f"-DORT_LIB_DIR={tmp_path / 'lib'}")
    assert result.returncode != 0
    assert "ORT_LIB_DIR must hold an onnxruntime library for" in " ".join(result.stderr.split())


def test_a_missing_library_is_named_when_building(onnxruntime, tmp_path):
    result = cpp.run("cmake", "-S", cpp.SOURCES, "-B", tmp_path / "build", f"-DORT_INCLUDE_DIR={onnxruntime.include}",
                 f"-DORT_LIB_DIR={tmp_path}")  # fmt: skip
    assert result.returncode != 0
    assert "ORT_LIB_DIR must hold the onnxruntime library." in result.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "FOLDER [LIBRARY [RELEASE]] must be given. Received: 0 words."),
        (["{}/headers", "{}/no.so"], "LIBRARY must be a file. Received: "),
    ],
)
def test_mistakes_in_fetching_headers_are_one_line(tmp_path, words, message):
    words = [word.format(tmp_path) for word in words]
    assert message in cpp.refused(cpp.SOURCES / "fetch_headers.sh", *words)
    assert list(tmp_path.iterdir()) == []


def test_the_program_of_the_page_runs(language, toy, bundles, tmp_path):
    """Compiled from what the page shows, against what was installed."""
    blocks = dict(re.findall(r"```(cmake|cpp)\n(.*?)```", PAGE.read_text(), re.DOTALL))
    (tmp_path / "CMakeLists.txt").write_text(blocks["cmake"])
    (tmp_path / "pictures.cpp").write_text(blocks["cpp"])
    cpp.configured(tmp_path, tmp_path / "build", f"-DCMAKE_PREFIX_PATH={language.prefix}")
    write_png(tmp_path / "photo.png", noise(50, 40))
    result = cpp.run(tmp_path / "build" / "pictures", toy, bundles["both"], tmp_path / "photo.png", tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    cpp.close(read_image(tmp_path / "samples.png"), grid(toys.expected(range(16), 7, np.arange(16) % 3), 3))
    np.testing.assert_array_equal(read_image(tmp_path / "translated.png"), 255 - noise(50, 40))
    result = cpp.run(tmp_path / "build" / "pictures", tmp_path, bundles["both"], tmp_path / "photo.png", tmp_path)
    assert (result.returncode, result.stderr.count("\n")) == (2, 1)
    assert "must be a bundle with a manifest.json" in result.stderr


def test_the_commands_of_the_page_run(language, vae_bundle, bundles, tmp_path):
    shutil.copytree(vae_bundle, tmp_path / "bundles" / "vae")
    shutil.copytree(bundles["both"], tmp_path / "bundles" / "h2z")
    write_picture(tmp_path / "photo.jpg", noise(30, 20))
    commands = re.findall(r"^(?:sample|translate) .*$", PAGE.read_text(), re.MULTILINE)
    assert len(commands) == 2
    for command in commands:
        name, *words = command.split()
        result = subprocess.run([language.program(name), *words], cwd=tmp_path, capture_output=True, text=True)
        assert (result.returncode, result.stderr) == (0, "")
    assert (tmp_path / "samples.png").exists()
    assert (tmp_path / "zebra.png").exists()


def test_the_page_says_what_the_programs_say(language):
    """The options of both, as their help shows them."""
    for program in ("sample", "translate"):
        result = cpp.run(language.program(program), "--help")
        assert (result.returncode, result.stderr) == (0, "")
        for option in re.findall(r"--\w+", result.stdout):
            assert option in PAGE.read_text()


@pytest.mark.parametrize(("given", "told"), [({}, "1"), ({"ORT_DISABLE_TELEMETRY": "true"}, "true")])
def test_telemetry_is_off_before_the_runtime_is_asked_for_anything(language, vae_bundle, tmp_path, given, told):
    command = [language.program("sample"), vae_bundle, 4, 7, tmp_path / "out.png"]
    seen = recorder.recorded(tmp_path / "recorded", command, **given)
    assert (seen.sockets, seen.files) == (0, ())
    assert set(seen.told) == {told}

"""`docs/command_line.md` says what the commands do, and versions, codes and variables are each in one place."""

from __future__ import annotations

import ast
import functools
import os
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
import tensorflow as tf

import keras_gen
from serving.common.environment import VARIABLES
from serving.common.exit_codes import ExitCode

ROOT = Path(keras_gen.__file__).parent.parent
PAGE = (ROOT / "docs" / "command_line.md").read_text()
PACKAGES = ("keras_gen", "export", "serving")
FOREIGN, SUFFIXES = ("js", "page", "cpp"), {".ts", ".tsx", ".mjs", ".cpp", ".hpp"}
READ = re.compile(r"""(?:getenv|process\.env).{0,3}["'.](KERAS_GEN_\w+)""")


@functools.cache
def trees():
    """The syntax of each file of the packages."""
    return {file: ast.parse(file.read_text()) for name in PACKAGES for file in (ROOT / name).rglob("*.py")}


def rows(heading):
    """The cells of the first table below a line, without the table's own heading."""
    _, _, below = PAGE.partition(f"{heading}\n")
    table = re.search(r"(?:^\|.*\n)+", below, re.MULTILINE)[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table]


def test_the_page_has_every_exit_code():
    assert rows("## Exit codes") == [[str(int(code)), code.meaning] for code in ExitCode]


def test_the_page_has_every_environment_variable():
    shown = [[f"`{one.name}`", one.meaning, f"`{one.default}`" if one.default else ""] for one in VARIABLES]
    assert rows("## Environment variables") == shown


def test_variables_have_their_names_in_one_place():
    """Everything else of the package takes them from there; programs in other languages read none but these."""
    known = {one.name for one in VARIABLES}
    for file, tree in trees().items():
        named = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
        found = {value for value in named if isinstance(value, str) and re.fullmatch(r"KERAS_GEN_[A-Z_]+", value)}
        assert found == (known if file == ROOT / "serving" / "common" / "environment.py" else set()), file
    for file in (file for name in FOREIGN for file in (ROOT / "serving" / name).rglob("*.*")):
        if file.suffix in SUFFIXES and not {"node_modules", "dist"} & set(file.parts):
            assert set(READ.findall(file.read_text())) <= known, file


def test_the_page_has_what_is_set_for_other_libraries():
    shown = {(name.strip("`"), value.strip("`")) for name, value, _ in rows("sets unless you have set them:")}
    calls = (node for tree in trees().values() for node in ast.walk(tree) if isinstance(node, ast.Call))
    found = [call.args for call in calls if ast.unparse(call.func) == "os.environ.setdefault"]
    settings = {(name.value, value.value) for name, value in found if isinstance(name, ast.Constant)}
    assert ("ORT_DISABLE_TELEMETRY", "1") in settings
    assert settings <= shown


@pytest.mark.parametrize("file", sorted((ROOT / "keras_gen" / "cli").glob("*.py")), ids=lambda file: file.stem)
def test_a_command_ends_with_a_code_that_has_a_name(file):
    """Other numbers than 0 are `ExitCode`'s in the functions that return a command's code."""
    functions = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.FunctionDef)]
    for function in (one for one in functions if one.name in ("run", "main", "_run", "_folder", "_video")):
        for node in ast.walk(function):
            if isinstance(node, ast.Return) and node.value is not None:
                numbers = [one.value for one in ast.walk(node.value) if isinstance(one, ast.Constant)]
                assert not [number for number in numbers if isinstance(number, int) and number], f"{file}:{node.lineno}"


def test_a_report_says_what_is_installed(run, monkeypatch):
    monkeypatch.setenv("KERAS_GEN_CACHE", str(Path.home() / "kept"))
    code, out, err = run("--version", "--verbose")
    assert (code, err) == (0, "")
    for package in ("tensorflow", "keras", "numpy", "onnx", "tf2onnx", "jsonargparse"):
        assert re.search(rf"\b{package} {re.escape(version(package))}\b", out)
    assert f"Python       {sys.version.split()[0]}" in out
    assert re.search(r"^providers +.*CPUExecutionProvider of onnxruntime(-\w+)? \d", out, re.MULTILINE)
    assert re.search(r"^devices +CPU:0", out, re.MULTILINE)
    assert re.search(r"^page +(not )?built$", out, re.MULTILINE)
    assert "KERAS_GEN_CACHE=~/kept" in out
    assert str(Path.home()) not in out


def test_a_report_says_what_does_not_start(run, monkeypatch):
    """That is when reports are written."""

    def fails():
        raise RuntimeError("no such\ndriver")

    monkeypatch.setattr(tf.config, "list_physical_devices", fails)
    code, out, _ = run("--version", "--verbose")
    assert code == 0
    assert "devices      unknown: tensorflow fails with RuntimeError: no such driver\n" in out


def test_the_version_alone_loads_nothing_slow():
    program = (
        "import sys; from keras_gen.cli import main; main(['--version'])\n"
        "print(sorted({'onnxruntime', 'tensorflow', 'keras', 'jsonargparse', 'matplotlib'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=os.environ)
    assert done.stdout == f"keras-gen {keras_gen.__version__}\n[]\n"


def test_another_word_beside_version_is_one_line(refused):
    assert "takes --verbose and nothing else. Received: --verbos. Did you mean '--verbose'?" in refused(
        "--version", "--verbos"
    )

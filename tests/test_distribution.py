"""What the sdist and the wheel contain, built as `python -m build` does: the wheel of what is in the sdist."""

from __future__ import annotations

import email
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import keras_gen
from keras_gen.cli.main import COMMANDS

ROOT = Path(__file__).parent.parent
PACKAGES = ("keras_gen", "export", "serving")
IGNORED = shutil.ignore_patterns("node_modules", "dist", "__pycache__", "*.egg-info", "build")
# Modules that only extras bring.
OF_EXTRAS = (
    *("av", "google", "grpc", "huggingface_hub", "keras", "matplotlib", "mlxtend", "onnx", "onnxruntime", "orjson"),
    *("ray", "scipy", "sklearn", "tensorflow", "tensorflow_datasets", "tf2onnx", "uvicorn"),
)
# What `make page` builds.
PAGE = {"index.html", "service_worker.js", "licences.txt", "assets/index-1.js", "runtime/1.30.0/ort.wasm"}


def built(folder, kind, out):
    """A distribution that setuptools makes of a folder, without a network."""
    make = f"import sys; from setuptools import build_meta; build_meta.build_{kind}(sys.argv[1])"
    words = [sys.executable, "-W", "ignore", "-c", make, str(out)]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (file,) = (
        one for one in out.iterdir() if one.suffix in (".gz", ".whl") and (one.suffix == ".whl") == (kind == "wheel")
    )
    return file


@pytest.fixture(scope="module")
def distributions(tmp_path_factory):
    """The names in the sdist and in the wheel of a checkout whose page is built, and the wheel."""
    out, checkout = tmp_path_factory.mktemp("out"), tmp_path_factory.mktemp("checkouts") / "checkout"
    # More than belongs into them, as a checkout has.
    for name in (*PACKAGES, "tests/data", "benchmarks"):
        shutil.copytree(ROOT / name, checkout / name, ignore=IGNORED)
    for file in (one for one in ROOT.iterdir() if one.is_file() and not one.name.startswith(".")):
        shutil.copy(file, checkout)
    for place in (*(f"dist/{name}" for name in PAGE), "node_modules/a/index.ts", "node_modules/a/setup.py"):
        file = checkout / "serving" / "page" / place
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    packed = built(checkout, "sdist", out)
    with tarfile.open(packed) as archive:
        archive.extractall(out / "unpacked", filter="data")
    (source,) = (out / "unpacked").iterdir()
    wheel = built(source, "wheel", out)
    in_sdist = {file.relative_to(source).as_posix() for file in source.rglob("*") if file.is_file()}
    return in_sdist, set(zipfile.ZipFile(wheel).namelist()), wheel


def files(folder, *patterns):
    """Names of the files of a checkout, by patterns."""
    found = {file.relative_to(ROOT).as_posix() for pattern in patterns for file in (ROOT / folder).rglob(pattern)}
    return {name for name in found if not {"node_modules", "dist", "__pycache__"} & set(name.split("/"))}


def test_the_wheel_has_all_that_runs(distributions):
    _, wheel, _ = distributions
    for package in PACKAGES:
        assert files(package, "*.py", "py.typed") <= wheel
    assert files("keras_gen/recipes", "*") <= wheel
    assert files("keras_gen/cli/shells", "*") <= wheel
    assert {f"keras_gen/metrics/judges/{name}" for name in ("catalogue.json", "digits.onnx")} <= wheel
    assert files("serving/bundle", "*.json") <= wheel
    assert files("serving/server/grpc", "*.proto", "*.binpb") <= wheel
    assert {name for name in files("serving/ready", "*") if (ROOT / name).is_file()} <= wheel
    assert {f"serving/page/dist/{name}" for name in PAGE} <= wheel


def test_the_wheel_has_nothing_else(distributions):
    _, wheel, _ = distributions
    assert {name.partition("/")[0] for name in wheel if "dist-info" not in name} == set(PACKAGES)
    assert not {name for name in wheel if "node_modules" in name or name.endswith((".ts", ".tsx", ".cpp", ".hpp"))}


def test_the_sdist_has_what_the_other_languages_are_built_of(distributions):
    sdist, wheel, _ = distributions
    for folder in ("serving/cpp", "serving/js", "serving/page"):
        assert {name for name in files(folder, "*") if (ROOT / name).is_file()} <= sdist
    assert {"LICENSE", "CHANGELOG.md", "CITATION.cff", "SECURITY.md", "Makefile", "constraints.txt"} <= sdist
    # Whoever builds from it gets the same wheel as from a checkout.
    assert {name for name in wheel if "dist-info" not in name} <= sdist
    assert not {name for name in sdist if name.startswith(("tests/", "benchmarks/", "docs/")) or "node_modules" in name}


def test_the_wheel_says_what_it_is(distributions):
    _, wheel, file = distributions
    (folder,) = {name.partition("/")[0] for name in wheel if ".dist-info/" in name}
    archive = zipfile.ZipFile(file)
    said = email.message_from_bytes(archive.read(f"{folder}/METADATA"))
    assert (said["Name"], said["Version"]) == ("keras-gen", keras_gen.__version__)
    assert (said["License"], said["Requires-Python"]) == ("Apache-2.0", ">=3.11")
    assert archive.read(f"{folder}/licenses/LICENSE") == (ROOT / "LICENSE").read_bytes()
    assert b"keras-gen = keras_gen.cli:main" in archive.read(f"{folder}/entry_points.txt")


def test_an_installation_without_extras_says_what_it_lacks():
    """Every command either shows its help or names the extra that it needs, without a traceback."""
    program = """
import sys
for name in sys.argv[1:]:
    sys.modules[name] = None
from keras_gen.cli.main import COMMANDS, main
assert main([]) == 0
for command in COMMANDS:
    try:
        print("ended", command, main([command, "--help"]))
    except SystemExit as stop:
        print("ended", command, stop.code)
"""
    words = [sys.executable, "-c", program, *OF_EXTRAS]
    done = subprocess.run(words, capture_output=True, text=True, cwd=ROOT, check=True)
    ended = re.findall(r"^ended ([\w-]+) (\d+)$", done.stdout, re.MULTILINE)
    refused = [command for command, code in ended if code != "0"]
    assert [command for command, _ in ended] == list(COMMANDS)
    assert "train" in refused
    assert not {"sample", "info", "ready", "completion"} & set(refused)
    lines = done.stderr.splitlines()
    assert len(lines) == len(refused)
    for command, line in zip(refused, lines, strict=True):
        assert re.fullmatch(rf"keras-gen: `keras-gen {command}` needs the package '\w+': pip install '.*'\.", line)

"""How the page is built, and what is said where it cannot be."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from serving import InputError
from serving.page import built as built_module
from serving.page.built import SOURCE, build, built_page
from tests.serving.languages import javascript

ROOT = Path(__file__).parents[3]
SCRIPT_BYTES = 150_000


def test_the_page_is_whole_and_its_script_is_small(built):
    files = {
        file.relative_to(built / "dist").as_posix(): file for file in (built / "dist").rglob("*") if file.is_file()
    }
    assert {"index.html", "service_worker.js", "licences.txt"} <= files.keys()
    runtime = [name for name in files if name.startswith("runtime/")]
    assert len(runtime) == 4
    scripts = [file.read_bytes() for file in files.values() if file.suffix == ".js"]
    assert 0 < sum(len(gzip.compress(script, 9)) for script in scripts) <= SCRIPT_BYTES
    text = files["licences.txt"].read_text()
    assert all(name in text for name in ("onnxruntime-web", "preact", "gifenc", "inter"))


def test_its_sources_are_formatted(built):
    javascript.run_in(built / "serving" / "page", "npm", "run", "lint")


def test_it_asks_no_other_host(built):
    policy = (built / "dist" / "index.html").read_text()
    assert "default-src 'none'" in policy
    assert "connect-src 'self'" in policy
    assert "http:" not in policy.replace("http-equiv", "")


@pytest.fixture
def without_node(tmp_path, monkeypatch):
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr("sysconfig.get_path", lambda _: str(tmp_path / "bin"))
    return tmp_path / "bin"


def program(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def test_without_node_it_is_said_what_to_install(without_node, tmp_path):
    with pytest.raises(InputError, match=r"with Node 20\.19 or newer\. Received: none\. Install Node, or `pip install"):
        build(tmp_path / "dist")
    for name in ("node", "npm"):
        program(without_node / name, "echo v18.20.4")
    with pytest.raises(InputError, match=r"Received: v18\.20\.4\. Install Node"):
        build(tmp_path / "dist")


def test_the_node_of_the_environment_is_used_where_there_is_no_other(without_node, tmp_path, monkeypatch):
    scripts = tmp_path / "scripts"
    scripts.mkdir()
    monkeypatch.setattr("sysconfig.get_path", lambda _: str(scripts))
    program(scripts / "node", "echo v24.19.0")
    program(scripts / "npm", 'case "$*" in *outDir*) echo built > "${5}/index.html";; esac')
    build(tmp_path / "dist", SOURCE)
    assert (tmp_path / "dist" / "index.html").read_text() == "built\n"


def test_what_npm_or_the_sources_say_is_one_line(without_node, tmp_path):
    program(without_node / "node", "echo v24.19.0")
    program(without_node / "npm", "echo 'npm error code ECONNREFUSED' >&2; echo 'npm error more' >&2; exit 1")
    with pytest.raises(InputError) as error:
        build(tmp_path / "dist")
    assert str(error.value) == "npm's packages must be had to build the page. Received: npm error code ECONNREFUSED"
    assert not (tmp_path / "dist").exists()


def test_an_installation_without_the_page_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(built_module, "DIST", tmp_path / "dist")
    with pytest.raises(InputError, match="the page must be part of the installation. Received: one without it"):
        build(tmp_path / "dist", tmp_path)
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "index.html").touch()
    assert built_page() == tmp_path / "dist"


def test_a_page_that_is_older_than_its_sources_is_built_again(tmp_path, monkeypatch):
    page = tmp_path / "dist" / "index.html"
    page.parent.mkdir()
    page.touch()
    os.utime(page, (0, 0))
    monkeypatch.setattr(built_module, "DIST", page.parent)
    monkeypatch.setattr(built_module, "build", lambda out: (out / "index.html").write_text("built again"))
    assert (built_page() / "index.html").read_text() == "built again"

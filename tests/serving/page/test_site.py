"""`keras-gen page`: what it writes and serves, what it refuses, and what its page of the documentation says to type."""

from __future__ import annotations

import json
import shlex
import shutil
import urllib.request

import pytest

from keras_gen.cli import main
from serving import InputError
from serving.page.host import hosted
from serving.page.site import MOST_BYTES, write_site
from tests.pages import commands


@pytest.fixture
def in_browser(monkeypatch):
    """Addresses that were opened in the browser, each with the headers of its page; the process is then interrupted."""
    opened = {}

    def open_address(address):
        with urllib.request.urlopen(address) as answer:
            opened[address] = dict(answer.headers)
        raise KeyboardInterrupt

    monkeypatch.setattr("webbrowser.open", open_address)
    return opened


def test_the_site_is_the_page_with_what_it_needs_of_each_bundle(page, vae_bundle, of_classes, tmp_path):
    site = tmp_path / "site"
    assert write_site([vae_bundle, of_classes], site) == ["vae", "of_classes"]
    assert (site / "assets" / "index.js").read_text() == "assets/index.js"
    listed = json.loads((site / "bundles.json").read_text())
    assert [(one["name"], one["place"], one["model"]) for one in listed] == [
        ("vae", "bundles/vae/", "vae"),
        ("of_classes", "bundles/of_classes/", "conditional_vae"),
    ]
    copied = {file.name: file for file in (site / "bundles" / "vae").iterdir()}
    assert copied.keys() >= {"manifest.json", "noise.onnx", "decoder.onnx", "encoder.onnx", "samples.png"}
    assert not copied.keys() & {"sampler.onnx", "saved_model", "README.md"}
    for name, file in copied.items():
        assert file.read_bytes() == (vae_bundle / name).read_bytes()
    beside = {"manifest.json", "samples.png"}
    assert listed[0]["size"] == sum(file.stat().st_size for name, file in copied.items() if name not in beside)
    # Once more, over what was written before.
    assert write_site([of_classes], site) == ["of_classes"]
    assert [file.name for file in (site / "bundles").iterdir()] == ["of_classes"]


def test_a_name_that_an_address_has_no_letters_for_is_written_for_it(page, vae_bundle, tmp_path):
    bundle = shutil.copytree(vae_bundle, tmp_path / "my faces #1")
    write_site([bundle], tmp_path / "site")
    (listed,) = json.loads((tmp_path / "site" / "bundles.json").read_text())
    assert (listed["name"], listed["place"]) == ("my faces #1", "bundles/my%20faces%20%231/")


def test_what_cannot_be_a_page_is_refused_and_nothing_is_written(page, vae_bundle, tmp_path, monkeypatch):
    other = tmp_path / "other"
    other.mkdir()
    with pytest.raises(InputError, match=r"must be a bundle with a manifest\.json\. Received: a folder without one"):
        write_site([other], tmp_path / "site")
    with pytest.raises(InputError, match="bundles must have different names. Received: 'vae' twice"):
        write_site([vae_bundle, shutil.copytree(vae_bundle, other / "vae")], tmp_path / "site")
    with pytest.raises(InputError, match="must be a new folder, or one with a page. Received: a folder with vae"):
        write_site([vae_bundle], other)
    with pytest.raises(InputError, match="must be a new folder, or one with a page. Received: a file"):
        write_site([vae_bundle], page / "index.html")

    large = other / "large"
    shutil.copytree(vae_bundle, large)
    manifest = json.loads((large / "manifest.json").read_text())
    for network in ("encoder", "decoder", "noise"):
        manifest["networks"][network]["size"] = 2**31 - 1
    (large / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(InputError, match=rf"large must have at most {MOST_BYTES} bytes for a browser. Received: \d+"):
        write_site([large], tmp_path / "site")

    damaged = other / "damaged"
    shutil.copytree(vae_bundle, damaged)
    content = bytearray((damaged / "decoder.onnx").read_bytes())
    content[-1] ^= 1
    (damaged / "decoder.onnx").write_bytes(content)
    with pytest.raises(InputError, match=r"decoder\.onnx must have the SHA-256"):
        write_site([damaged], tmp_path / "site")
    assert {path.name for path in tmp_path.iterdir()} == {"other"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "keras-gen page needs --out or --open. Received: neither."),
        (["--open", "--port", "65536"], "--port must be from 0 to 65535. Received: 65536."),
    ],
)
def test_the_command_says_what_it_needs(page, vae_bundle, capsys, words, message):
    assert main(["page", str(vae_bundle), *words]) == 2
    assert capsys.readouterr().err == f"keras-gen: {message}\n"


def test_a_served_file_may_use_threads_and_has_the_type_that_browsers_want(tmp_path):
    (tmp_path / "runtime.wasm").write_bytes(b"\0asm")
    (tmp_path / "runtime.mjs").write_text("")
    with hosted(tmp_path) as address:
        assert address.startswith("http://127.0.0.1:")
        for name, kind in (("runtime.wasm", "application/wasm"), ("runtime.mjs", "text/javascript")):
            with urllib.request.urlopen(address + name) as answer:
                assert answer.headers["Content-Type"] == kind
                assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
                assert answer.headers["Cross-Origin-Embedder-Policy"] == "require-corp"


def test_the_commands_of_the_page_of_the_documentation(page, somewhere, in_browser, capsys):
    shutil.copytree(somewhere / "bundles" / "vae", somewhere / "bundles" / "h2z")
    for line in commands("page"):
        words = shlex.split(line)[1:]
        assert main(words) == (130 if "--open" in words else 0), line
        assert "--out" not in words or (somewhere / words[words.index("--out") + 1] / "bundles.json").is_file()
    assert in_browser
    for address, headers in in_browser.items():
        assert f"open: {address} (Ctrl+C ends it)" in capsys.readouterr().out
        assert headers["Cross-Origin-Embedder-Policy"] == "require-corp"

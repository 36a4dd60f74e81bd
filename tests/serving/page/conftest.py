"""The page, built once for all processes of a test session, and sites with it that a browser opens."""

from __future__ import annotations

import functools
import hashlib
import io
import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

import export
from serving.page.built import SOURCE, build
from serving.page.host import hosted
from serving.page.site import write_site
from tests.once import common, once
from tests.serving.languages import chromium
from tests.serving.languages.families import write_family
from tests.serving.languages.required import required
from tests.serving.page.films import write_films

ENCODED = ("conditional_vae", "dann", "denoising_autoencoder")
TRANSLATED = ("cut", "cyclegan", "pix2pix", "star_gan")
SAMPLED = ("aae", "bigan", "biggan", "conditional_gan", "conditional_vae", "gan", "info_gan", "vae", "vae_gan")
IGNORED = shutil.ignore_patterns("node_modules", "dist", "__pycache__")


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sources in `serving`, where npm's packages are, and the built page in `dist`."""
    required(chromium.missing())
    return once(common(tmp_path_factory) / "page", build_copy)


def build_copy(folder: Path) -> None:
    for name in ("js", "page"):
        shutil.copytree(SOURCE.parent / name, folder / "serving" / name, ignore=IGNORED)
    build(folder / "dist", folder / "serving" / "page")


@pytest.fixture(scope="session")
def coded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle with codes of 1,500 scans."""
    return write_family("vae", tmp_path_factory.mktemp("coded") / "coded", codes="digits")


def write_foreign(folder: Path) -> Path:
    """A bundle of an ONNX file that another program might have written."""
    weights = np.random.default_rng(0).normal(size=(5, 64)).astype(np.float32)
    nodes = [
        helper.make_node("MatMul", ["code", "weights"], ["flat"]),
        helper.make_node("Tanh", ["flat"], ["bounded"]),
        helper.make_node("Reshape", ["bounded", "shape"], ["picture"]),
    ]
    graph = helper.make_graph(
        nodes,
        "decoder",
        [helper.make_tensor_value_info("code", TensorProto.FLOAT, ["n", 5])],
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, ["n", 8, 8, 1])],
        [numpy_helper.from_array(weights, "weights"), numpy_helper.from_array(np.array([-1, 8, 8, 1]), "shape")],
    )
    file = folder.with_suffix(".onnx")
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), file)
    return export.bundle_networks(folder, decoder=file, say=lambda _: None)


@pytest.fixture(scope="session")
def site(
    built: Path, families: dict[str, Path], coded: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, object]]:
    """Addresses of sites, and what is there: with and without the headers for threads, and one without bundles."""
    place = tmp_path_factory.mktemp("site")
    given = dict.fromkeys((*SAMPLED, *ENCODED, *TRANSLATED))
    maps = of_maps(shutil.copytree(families["cyclegan"], place / "maps"))
    plans = with_examples(of_maps(shutil.copytree(families["cyclegan"], place / "plans")))
    larger = of_larger(shutil.copytree(families["cyclegan"], place / "larger"))
    films = write_films(place / "films")
    bundles = [
        *(families[name] for name in given),
        coded,
        maps,
        plans,
        larger,
        write_foreign(place / "foreign"),
        *films,
    ]
    names = write_site(bundles, place / "site", built / "dist")
    for name, change in {"damaged": damage_decoder, "emptied": empty_manifest}.items():
        shutil.copytree(place / "site" / "bundles" / "vae", place / "site" / "bundles" / name)
        change(place / "site" / "bundles" / name)
    shutil.copytree(place / "site" / "bundles" / "ring", place / "site" / "bundles" / "torn")
    damage(place / "site" / "bundles" / "torn" / "film.bin")
    add_to_list(place / "site", ["damaged", "emptied", "torn"])
    write_site([], place / "empty", built / "dist")
    with hosted(place / "site") as isolated, hosted(place / "empty") as empty, plainly(place / "site") as plain:
        yield {
            "isolated": isolated,
            "plain": plain,
            "empty": empty,
            "names": [*names, "damaged", "emptied", "torn"],
            "folder": str(coded),
            "site": place / "site",
        }


def of_maps(bundle: Path) -> Path:
    """A bundle as if domain A were label maps, with names for both domains."""
    manifest = json.loads((bundle / "manifest.json").read_text())
    manifest["image"]["interpolation_a"] = "nearest"
    manifest["domains"] = {"a": "labels", "b": "photos"}
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    return bundle


def of_larger(bundle: Path) -> Path:
    """A bundle as if it had been trained on pictures that were made smaller by 2."""
    manifest = json.loads((bundle / "manifest.json").read_text())
    manifest["image"]["enlarge"] = 2
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    return bundle


def with_examples(bundle: Path) -> Path:
    """A bundle with two label maps of three colours to try it with: halves of two, and a pixel of the third in one."""
    colours = np.array([[200, 0, 0], [0, 0, 200], [0, 90, 0]], np.uint8)
    tiles = np.zeros((16, 24, 2, 3), np.uint8) + colours[0]
    tiles[8:], tiles[0, 0, 1] = colours[1:]
    content = png_of(tiles.swapaxes(1, 2).reshape(16, 48, 3))
    (bundle / "examples_a.png").write_bytes(content)
    manifest = json.loads((bundle / "manifest.json").read_text())
    manifest["examples"] = {
        "a": {
            "file": "examples_a.png",
            "sha256": hashlib.sha256(content).hexdigest(),
            "size": len(content),
            "tile": [16, 24],
            "columns": 2,
            "count": 2,
            "source": "plans",
            "colours": ["#c80000", "#0000c8", "#005a00"],
        }
    }
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    return bundle


def png_of(picture: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return file.getvalue()


def damage_decoder(bundle: Path) -> None:
    damage(bundle / json.loads((bundle / "manifest.json").read_text())["networks"]["decoder"]["file"])


def damage(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def empty_manifest(bundle: Path) -> None:
    (bundle / "manifest.json").write_text("{}")


def add_to_list(site: Path, names: list[str]) -> None:
    listed = json.loads((site / "bundles.json").read_text())
    listed += [{"name": name, "place": f"bundles/{name}/", "model": "vae", "size": 1} for name in names]
    (site / "bundles.json").write_text(json.dumps(listed))


@contextmanager
def plainly(folder: Path) -> Iterator[str]:
    """Serves files as anybody does, without the headers for threads."""
    handler = type("Quiet", (SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(handler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
    thread.join()

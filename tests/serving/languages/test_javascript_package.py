"""The npm package as its users have it, its threads, and what its page tells a stranger to type."""

from __future__ import annotations

import base64
import io
import json
import re
import shutil
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import serving
from serving.bundle.ready import ready_folder
from tests.serving.languages import chromium, javascript
from tests.translators import noise

PAGE = Path(__file__).parents[3] / "docs" / "javascript.md"
OWN = ready_folder()


class TestPackage:
    def test_its_own_tests_pass(self, app):
        tests = sorted(str(file) for file in (app.parent / "package" / "test").glob("*.test.mjs"))
        assert tests
        javascript.run_in(app.parent / "package", "node", "--test", *tests)

    def test_it_is_formatted(self, app):
        javascript.run_in(app.parent / "package", "npm", "run", "lint")

    def test_it_holds_what_was_built_and_nothing_else(self, app):
        (packed,) = (app.parent / "package").glob("*.tgz")
        with tarfile.open(packed) as archive:
            names = {name.removeprefix("package/") for name in archive.getnames()}
        ready = {f"ready/{file.relative_to(OWN)}" for file in OWN.rglob("*") if file.is_file()}
        assert {name for name in names if not name.startswith("dist/")} == {"package.json", "README.md", *ready}
        assert {"dist/node.js", "dist/node.d.ts", "dist/web.js", "dist/web.d.ts"} <= names

    def test_it_has_the_version_of_the_python_package(self):
        import keras_gen

        described = json.loads((javascript.SOURCE / "package.json").read_text())
        assert described["version"] == keras_gen.__version__
        assert not described.get("dependencies")


def test_threads_of_a_page(page, vae_bundle):
    code = "return (await Sampler.open(place, { threads: 2 })).sample(1)"
    message = javascript.refusal(page, lambda: page.run(code, place=page.place(vae_bundle)))
    assert message == "`threads` must be 1 in a page that is not cross-origin isolated. Received: 2."


def test_threads_of_an_isolated_page(page, app, vae_bundle):
    """One number for the whole page, whose pictures are the same."""
    language = chromium.Language(app, isolated=True)
    code = "return (await Sampler.open(place, { threads })).sample(9, { seed: 3 })"
    place = language.place(vae_bundle)
    try:
        received = language.run(code, place=place, threads=2)
        message = javascript.refusal(language, lambda: language.run(code, place=place, threads=3))
    finally:
        language.close()
    javascript.assert_same_pictures(received, page.sample(vae_bundle, 9, 3))
    assert message == "`threads` must be one number for the whole page: 2. Received: 3."


def test_a_runtime_of_the_pages_own(page, vae_bundle):
    code = """
        const runtime = await import("/node_modules/onnxruntime-web/dist/ort.all.bundle.min.mjs");
        return (await Sampler.open(place, { runtime })).sample(9, { seed: 3 });
    """
    received = page.run(code, place=page.place(vae_bundle))
    javascript.assert_same_pictures(received, page.sample(vae_bundle, 9, 3))


def programs(language):
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)


class TestDocumentation:
    """What docs/javascript.md tells a stranger to type, typed."""

    @pytest.fixture
    def somewhere(self, app, tmp_path, vae_bundle, bundles):
        """A project with the bundles of the page."""
        (tmp_path / "node_modules").symlink_to(app / "node_modules")
        (tmp_path / "bundles").mkdir()
        shutil.copytree(vae_bundle, tmp_path / "bundles" / "vae")
        shutil.copytree(bundles["centring"], tmp_path / "bundles" / "facades")
        (tmp_path / "package.json").write_text('{"type": "module"}')
        return tmp_path

    @pytest.mark.parametrize(
        ("index", "printed"),
        [
            (0, "4096 8 8 1\n64 codes of 2 numbers, 4096 bytes\n1000 pictures\n"),
            (1, "90 120 3\n"),
            (2, "`seed` must be a 64-bit integer. Received: 9223372036854775808.\n"),
        ],
    )
    def test_the_programs_run(self, somewhere, index, printed):
        (somewhere / "program.js").write_text(programs("js")[index])
        assert javascript.run_in(somewhere, "node", "program.js") == printed
        assert len(programs("js")) == 3

    def test_the_types_of_a_page_are_right(self, somewhere, app):
        """A bundler takes the package's other entry."""
        program = """
            import { Sampler, toImageData } from "keras-gen";
            const sampler = await Sampler.open(new URL("https://example.org/vae"), { providers: ["webgpu", "wasm"] });
            export const drawn: ImageData = toImageData(await sampler.sample(1, { seed: 2n ** 60n }));
        """
        compiler = app.parent / "package" / "node_modules" / ".bin" / "tsc"
        options = ("--strict", "--module", "esnext", "--moduleResolution", "bundler", "--target", "es2022", "--noEmit")
        (somewhere / "page.ts").write_text(program)
        javascript.run_in(somewhere, str(compiler), *options, "page.ts")

    def test_the_types_are_right(self, somewhere, app):
        (program,) = programs("ts")
        compiler = app.parent / "package" / "node_modules" / ".bin" / "tsc"
        options = (
            "--strict",
            "--module",
            "nodenext",
            "--target",
            "es2022",
            "--types",
            "node",
            "--exactOptionalPropertyTypes",
        )
        (somewhere / "program.ts").write_text(program + "\nconsole.log((await draw('bundles/vae', 3)).data.length);\n")
        javascript.run_in(somewhere, str(compiler), *options, "program.ts")
        assert javascript.run_in(somewhere, "node", "program.js") == "192\n"
        wrong = program.replace("Promise<Pictures<Uint8Array>>", "Promise<Pictures<Float32Array>>")
        (somewhere / "program.ts").write_text(wrong)
        with pytest.raises(AssertionError, match="Float32Array"):
            javascript.run_in(somewhere, str(compiler), *options, "program.ts")

    def test_the_page_draws_samples(self, somewhere, page, vae_bundle):
        samples, _ = programs("html")
        (somewhere / "samples.html").write_text(samples)
        page.server.places["/docs/"] = somewhere
        code = """
            const frame = document.body.appendChild(document.createElement("iframe"));
            frame.src = "/docs/samples.html";
            const find = (name) => frame.contentDocument.querySelector(name);
            while (find("#samples")?.width !== 32 && !find("#error")?.textContent) {
              await new Promise((done) => setTimeout(done, 20));
            }
            if (find("#error").textContent) throw new Error(find("#error").textContent);
            const { width, height } = find("#samples");
            return fromRgba(find("#samples").getContext("2d").getImageData(0, 0, width, height), 1);
        """
        expected = serving.load(vae_bundle, provider="cpu").sample(16, seed=7)
        sheet = expected.reshape(4, 4, 8, 8).swapaxes(1, 2).reshape(1, 32, 32, 1)
        javascript.assert_same_pictures(page.run(code), sheet)

    def test_the_page_translates_a_picture_of_the_visitors(self, somewhere, page, bundles):
        _, translation = programs("html")
        (somewhere / "translation.html").write_text(translation)
        page.server.places["/docs/"] = somewhere
        picture = noise(24, 40)
        stream = io.BytesIO()
        Image.fromarray(picture).save(stream, "PNG")
        code = """
            const frame = document.body.appendChild(document.createElement("iframe"));
            frame.src = "/docs/translation.html";
            const titled = async (title) => {
              while (frame.contentDocument.title !== title) await new Promise((done) => setTimeout(done, 20));
            };
            await titled("Ready");
            const chosen = new DataTransfer();
            chosen.items.add(new File([Uint8Array.from(atob(file), (letter) => letter.charCodeAt(0))], "a.png"));
            const input = frame.contentDocument.querySelector("input");
            input.files = chosen.files;
            input.dispatchEvent(new Event("change"));
            await titled("Translated");
            const { width, height } = frame.contentDocument.querySelector("canvas");
            const context = frame.contentDocument.querySelector("canvas").getContext("2d");
            return fromRgba(context.getImageData(0, 0, width, height));
        """
        received = page.run(code, file=base64.b64encode(stream.getvalue()).decode())[0]
        np.testing.assert_array_equal(received, 255 - picture)

"""The routes for people."""

from __future__ import annotations

import io
import json
from urllib.parse import quote

import numpy as np
import pytest
import requests
from PIL import Image

import export
import keras_gen
import serving
from serving.bundle.manifest import Image as Sizes
from serving.common.images import grid
from serving.common.points import scatter
from serving.runtime.sessions import Settings
from serving.server.catalogue import Catalogue
from serving.server.limits import Limits
from tests.serving.languages import toys
from tests.serving.server.http.running import ODD, application, ask, engine_of
from tests.translators import inverting, noise, write_bundle

LOSSLESS = {"lossless": True}


def file_of(array, kind="PNG", **options):
    buffer = io.BytesIO()
    Image.fromarray(array[:, :, 0] if array.shape[2] == 1 else array).save(buffer, kind, **options)
    return buffer.getvalue()


def read(content):
    with Image.open(io.BytesIO(content)) as image:
        return np.dstack([np.asarray(image)])


def form(*parts):
    """A body of parts (name, file name or None, content), and its headers."""
    body = b""
    for name, file, content in parts:
        named = "" if file is None else f'; filename="{file}"'
        body += f'--of\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'.encode() + content + b"\r\n"
    return body + b"--of--\r\n", {"content-type": "multipart/form-data; boundary=of"}


def problem(answer, status):
    """The detail of a problem document."""
    assert (answer[0], answer[1]["content-type"]) == (status, "application/problem+json")
    document = json.loads(answer[2])
    assert document["status"] == status
    assert {"type", "title", "detail"} < document.keys()
    return document["detail"]


def test_bundles_say_what_they_can_do(app):
    found = {each["name"]: each for each in json.loads(ask(app, "GET", "/v1/bundles")[2])["bundles"]}
    assert found["toy"]["abilities"] == ["sample", "encode", "classify", "reconstruct"]
    assert found["toy"]["classes"] == ["zero", "one", "two"]
    assert found["both"]["targets"] == ["a", "b"]
    assert found[ODD]["image"] == {"height": 16, "width": 16, "channels": 1, "any_size": True}


def test_samples_of_points_are_numbers_or_a_plot(tmp_path):
    network = {"name": "points"}
    model = keras_gen.GAN(image_shape=(1, 1, 2), latent_dim=2, generator=network, discriminator=network)
    opened = serving.load(export.export_bundle(model, tmp_path / "ring"))
    app = application(engine_of(Catalogue({"ring": opened.bundle}, Settings("cpu"))))
    drawn = opened.sample(500, seed=4)
    found = ask(app, "GET", "/v1/ring/sample?n=500&seed=4&format=npy")
    np.testing.assert_array_equal(np.load(io.BytesIO(found[2])), drawn)
    for query in ("format=png", "format=grid", ""):
        status, _, content = ask(app, "GET", f"/v1/ring/sample?n=500&seed=4&{query}")
        assert status == 200
        np.testing.assert_array_equal(read(content), scatter(drawn, (-1.0, 1.0)))


def test_an_array_of_samples(app):
    answer = ask(app, "GET", "/v1/toy/sample?n=4&seed=3&truncation=2&format=npy")
    np.testing.assert_array_equal(np.load(io.BytesIO(answer[2])), toys.expected(range(4), 3, [0, 1, 2, 0], 2))


def test_a_truncation_that_float32_does_not_hold_is_none(app):
    none, far = (ask(app, "GET", f"/v1/toy/sample?n=4&seed=3&format=npy{more}") for more in ("", "&truncation=1e300"))
    assert far == none


@pytest.mark.parametrize("given", ["two", "2"])
def test_one_picture_of_a_class(app, given):
    """By its name, or its number."""
    answer = ask(app, "GET", f"/v1/toy/sample?class={given}&seed=1")
    assert answer[1]["content-type"] == "image/png"
    np.testing.assert_array_equal(read(answer[2]), toys.expected([0], 1, [2])[0])


def test_a_grid_of_samples(app):
    """A column for each class."""
    answer = ask(app, "GET", "/v1/toy/sample?n=6")
    np.testing.assert_array_equal(read(answer[2]), grid(toys.expected(range(6), 0, [0, 1, 2] * 2), 3))


def test_float_pictures_are_shown_in_grey_levels_and_given_as_they_are(app):
    labels = [0, 1, 2]
    shown = read(ask(app, "GET", "/v1/floats/sample?class=0")[2])
    np.testing.assert_array_equal(shown, toys.expected([0], 0, [0])[0])
    given = np.load(io.BytesIO(ask(app, "GET", "/v1/floats/sample?n=3&format=npy")[2]))
    np.testing.assert_allclose(given, toys.expected(range(3), 0, labels) / 127.5 - 1, atol=1e-6)


@pytest.mark.parametrize("kind", ["png", "webp", "jpeg"])
@pytest.mark.parametrize("asked", ["format", "accept"])
def test_a_translation_comes_in_the_format_that_is_asked_for(app, kind, asked):
    picture = noise(9, 7)
    target = f"/v1/both/translate?to=b{f'&format={kind}' if asked == 'format' else ''}"
    headers = {"accept": f"text/html, image/{kind};q=0.9, image/*;q=0.8"} if asked == "accept" else {}
    answer = ask(app, "POST", target, file_of(picture), headers)
    assert answer[1]["content-type"] == f"image/{kind}"
    made = read(answer[2])
    if kind == "png":
        np.testing.assert_array_equal(made, 255 - picture)
    assert made.shape == picture.shape


@pytest.mark.parametrize(("kind", "options"), [("PNG", {}), ("WEBP", LOSSLESS), ("JPEG", {"quality": 95})])
def test_a_picture_of_each_format(app, kind, options):
    picture = np.full((8, 12, 3), 40, np.uint8)
    answer = ask(app, "POST", "/v1/both/translate?to=a", file_of(picture, kind, **options))
    np.testing.assert_array_equal(read(answer[2]), 255 - picture)


def test_a_picture_larger_than_a_tile_and_of_an_odd_name(app, models):
    picture = noise(800, 1001, 1)
    answer = ask(app, "POST", f"/v1/{quote(ODD, safe='')}/translate", file_of(picture))
    np.testing.assert_array_equal(read(answer[2]), 255 - picture)


def test_opacity_is_kept_where_the_format_holds_it(app):
    picture = np.dstack([noise(8, 8), np.full((8, 8), 255, np.uint8)])
    picture[2:4, 2:4, 3] = 0
    made = read(ask(app, "POST", "/v1/both/translate?to=b", file_of(picture))[2])
    np.testing.assert_array_equal(made[..., 3], picture[..., 3])
    assert read(ask(app, "POST", "/v1/both/translate?to=b&format=jpeg", file_of(picture))[2]).shape == (8, 8, 3)


def test_a_form(address):
    """As a browser and `requests` write it."""
    picture = noise(5, 6)
    fields = {"to": "a", "format": "png"}
    answer = requests.post(
        f"{address}/v1/both/translate", files={"image": ("a.png", file_of(picture))}, data=fields, timeout=30
    )
    np.testing.assert_array_equal(read(answer.content), 255 - picture)


def test_a_picture_is_encoded_decoded_and_classified(app, models):
    picture = toys.expected([7], 3, [1])[0]
    code = json.loads(ask(app, "POST", "/v1/toy/encode?class=one", file_of(picture))[2])["code"]
    assert code == [37, 0]
    again = read(ask(app, "POST", "/v1/toy/reconstruct?class=one", file_of(picture))[2])
    np.testing.assert_array_equal(again, picture)
    classes = json.loads(ask(app, "POST", "/v1/toy/classify", file_of(picture))[2])["classes"]
    shares = models.bundles["toy"].opened.classify(picture[None])[0]
    assert [each["class"] for each in classes] == ["two", "one", "zero"]
    np.testing.assert_allclose([each["probability"] for each in classes], sorted(shares)[::-1], rtol=1e-6)


def test_a_picture_of_another_size_is_resized_as_in_training(app, models):
    """Of few colours it is a map, whose pixels are taken as they are."""
    picture = toys.expected([7], 3, [1])[0].repeat(4, axis=0).repeat(4, axis=1)
    code = json.loads(ask(app, "POST", "/v1/toy/encode?class=1", file_of(picture))[2])["code"]
    assert code == [37, 0]


WRONG = {
    "/v1/toy/sample?n=0": 400,
    "/v1/toy/sample?n=1e3": 400,
    "/v1/toy/sample?n=99999": 400,
    "/v1/toy/sample?n=401": 400,
    "/v1/toy/sample?n=2&format=png": 400,
    "/v1/toy/sample?n=1&n=2": 400,
    "/v1/toy/sample?seed=9223372036854775808": 400,
    "/v1/toy/sample?seed=" + "9" * 5000: 400,
    "/v1/toy/sample?class=three": 400,
    "/v1/toy/sample?class=3": 400,
    "/v1/toy/sample?class=" + "9" * 50: 400,
    "/v1/toy/sample?class=" + "0" * 9 + "9" * 50: 400,
    "/v1/toy/sample?class=" + "0" * 9 + "9" * 5000: 400,
    "/v1/toy/sample?truncation=0": 400,
    "/v1/toy/sample?truncation=nan": 400,
    "/v1/toy/sample?format=gif": 400,
    "/v1/toy/sample?sed=1": 400,
    "/v1/toy/sample?%FF=1": 400,
    "/v1/toy/sample?" + "&".join(f"a{i}=1" for i in range(40)): 400,
    "/v1/bundles?n=3": 400,
    "/v1/toys/sample": 404,
    "/v1/both/sample": 404,
    "/v1/..%2Ftoy/sample": 404,
}


@pytest.mark.parametrize("target", WRONG, ids=range(len(WRONG)))
def test_what_is_wrong_is_said(app, target):
    problem(ask(app, "GET", target), WRONG[target])


BAD_PICTURES = {
    "nothing": b"",
    "a text": b"hello",
    "half a file": file_of(noise(20, 20))[:300],
    "another format": file_of(noise(8, 8), "GIF"),
    "a format with a program": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
    "one pixel": file_of(noise(1, 1)),
}


@pytest.mark.parametrize("content", BAD_PICTURES.values(), ids=BAD_PICTURES)
def test_what_is_no_picture_of_the_formats(app, models, content):
    detail = problem(ask(app, "POST", "/v1/both/translate?to=a", content), 400)
    assert str(models.bundles["both"].opened.bundle.parent) not in detail
    assert " at 0x" not in detail, "nothing from inside"


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded(models):
    """Of 25 megapixels, in 24 kB."""
    app = application(engine_of(models, Limits(pixels=1000)))
    bomb = file_of(np.zeros((5000, 5000, 1), np.uint8))
    for picture in (bomb, file_of(noise(40, 30))):
        detail = problem(ask(app, "POST", "/v1/both/translate?to=a", picture), 400)
        assert "pixels" in detail


def test_samples_of_too_many_pixels(models):
    """6 each; of an array their bytes count."""
    app = application(engine_of(models, Limits(pixels=60, output_bytes=100)))
    assert ask(app, "GET", "/v1/toy/sample?n=10")[0] == 200
    problem(ask(app, "GET", "/v1/toy/sample?n=11"), 413)
    assert ask(app, "GET", "/v1/toy/sample?n=16&format=npy")[0] == 200
    problem(ask(app, "GET", "/v1/toy/sample?n=17&format=npy"), 413)


@pytest.mark.parametrize("target", ["/v1/both/translate", "/v1/both/translate?to=c", "/v1/both/translate?to=a&n=3"])
def test_parameters_of_a_translation(app, target):
    problem(ask(app, "POST", target, file_of(noise(8, 8))), 400)


@pytest.fixture(scope="module")
def told(families):
    """Translators that are told a class, or draw a latent."""
    bundles = {name: families[name] for name in ("cut", "star_gan")}
    return application(engine_of(Catalogue(bundles, Settings("cpu", threads=1))))


@pytest.mark.parametrize("asked", ["to=two", "class=two", "class=2"])
def test_a_translation_to_a_class(told, families, asked):
    picture = noise(9, 7)
    made = read(ask(told, "POST", f"/v1/star_gan/translate?{asked}", file_of(picture))[2])
    np.testing.assert_array_equal(made, serving.load(families["star_gan"]).translate(picture[None], "two")[0])


def test_a_small_picture_is_enlarged_by_a_bundle_that_makes_it_larger(tmp_path):
    sides = Sizes(16, 16, 3, any_size=True, multiple=4, enlarge=2)
    write_bundle(tmp_path / "larger", {"a_to_b": inverting(("height", "width"), 3)}, sides)
    models = Catalogue({"larger": tmp_path / "larger"}, Settings("cpu", threads=1))
    app = application(engine_of(models, Limits(pixels=300)))
    picture = np.dstack([noise(5, 7), np.full((5, 7), 255, np.uint8)])
    picture[:2, :2, 3] = 0
    made = read(ask(app, "POST", "/v1/larger/translate", file_of(picture))[2])
    larger = picture.repeat(2, axis=0).repeat(2, axis=1)
    np.testing.assert_array_equal(made[..., 3], larger[..., 3])
    seen = larger[..., 3] > 0
    np.testing.assert_array_equal(made[seen][:, :3], 255 - larger[seen][:, :3])
    assert "must become at most 300 pixels" in problem(
        ask(app, "POST", "/v1/larger/translate", file_of(noise(8, 10))), 413
    )


def test_an_answer_of_a_seed(told, families):
    picture, opened = noise(9, 7), serving.load(families["cut"])
    made = [read(ask(told, "POST", f"/v1/cut/translate?seed={seed}", file_of(picture))[2]) for seed in (0, -7)]
    np.testing.assert_array_equal(made, [opened.answering(seed).translate(picture[None])[0] for seed in (0, -7)])
    assert (made[0] != made[1]).any()
    seeds = [each["takes_seed"] for each in json.loads(ask(told, "GET", "/v1/bundles")[2])["bundles"]]
    assert seeds == [True, False]


def test_answers_of_a_seed_as_tensors(told, families):
    """The first picture has answer `start`, the second the next one."""
    pictures, opened = np.stack([noise(16, 16), noise(16, 16, seed=1)]), serving.load(families["cut"])
    numbers = {"seed": 7, "n": 2, "start": 3}
    inputs = [{"name": name, "shape": [1], "datatype": "INT64", "data": [each]} for name, each in numbers.items()]
    sent = {"name": "image", "shape": list(pictures.shape), "datatype": "UINT8", "data": pictures.ravel().tolist()}
    body = json.dumps({"inputs": [*inputs, sent]}).encode()
    status, _, answer = ask(told, "POST", "/v2/models/cut%2Fanswer_to_b/infer", body)
    assert status == 200, answer
    (output,) = json.loads(answer)["outputs"]
    expected = [opened.answering(7, variant).translate(pictures[variant - 3][None])[0] for variant in (3, 4)]
    made = np.array(output["data"]).reshape(pictures.shape)
    assert np.abs(made - np.stack(expected)).max() <= 1


ASKED_WRONG = {
    "star_gan/translate": "`to` must be one of zero, one, two. Received: None.",
    "star_gan/translate?to=three": "`to` must be one of zero, one, two. Received: 'three'.",
    "star_gan/translate?class=3": "the class must be one of zero, one, two. Received: '3'.",
    "star_gan/translate?class=two&to=two": "`class` must be left out beside `to`. Received: 'two'.",
    "star_gan/translate?to=two&seed=1": "`seed` must be left out for star_gan, which has one answer to each picture.",
    "cut/translate?class=two": "`class` must be left out for cut, which is not told a class. Received: 'two'.",
    "cut/translate?seed=one": "`seed` must be an integer from",
}


@pytest.mark.parametrize(("target", "line"), ASKED_WRONG.items())
def test_a_class_or_seed_that_a_bundle_does_not_take(told, target, line):
    assert problem(ask(told, "POST", f"/v1/{target}", file_of(noise(8, 8))), 400).startswith(line)


def test_a_label_that_is_no_class(told):
    label = {"name": "label", "shape": [1, 1], "datatype": "INT64", "data": [3]}
    image = {"name": "image", "shape": [1, 16, 16, 3], "datatype": "UINT8", "data": [0] * 768}
    given = json.dumps({"inputs": [label, image]}).encode()
    status, _, body = ask(told, "POST", "/v2/models/star_gan%2Fto_class/infer", given)
    assert (status, json.loads(body)) == (400, {"error": "`label` must be from 0 to 2. Received: 3."})


def test_more_channels_than_a_picture_file_has(app):
    assert "tensors" in problem(ask(app, "POST", "/v1/bands/translate", file_of(noise(8, 8))), 415)


PICTURE = ("image", "a.png", file_of(noise(8, 8)))
FORMS = {
    "no file": form(("to", None, b"a")),
    "two files": form(PICTURE, PICTURE),
    "a field twice": form(PICTURE, ("to", None, b"a"), ("to", None, b"b")),
    "a field also in the path": form(PICTURE, ("to", None, b"a")),
    "a long field": form(PICTURE, ("format", None, b"a" * 2000)),
    "many parts": form(PICTURE, *[(f"f{i}", None, b"a") for i in range(30)]),
    "an unknown field": form(PICTURE, ("x", None, b"a")),
    "no end": (form(PICTURE)[0][:-10], form()[1]),
    "no boundary": (form(PICTURE)[0], {"content-type": "multipart/form-data"}),
    "another boundary": (form(PICTURE)[0], {"content-type": "multipart/form-data; boundary=x"}),
    "a boundary without end": (form(PICTURE)[0], {"content-type": f"multipart/form-data; boundary={'x' * 1000}"}),
}


@pytest.mark.parametrize(("body", "headers"), FORMS.values(), ids=FORMS)
def test_forms_that_are_wrong(app, body, headers):
    problem(ask(app, "POST", "/v1/both/translate?to=a", body, headers), 400)

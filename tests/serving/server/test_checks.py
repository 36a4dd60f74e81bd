"""A request is checked whole before it waits beside those of others."""

from __future__ import annotations

import numpy as np
import pytest

from serving import Settings
from serving.server.catalogue import Catalogue
from serving.server.checks import check
from serving.server.limits import Limits
from serving.server.refusals import Reason, RefusedError
from serving.server.requests import Request
from tests import translators
from tests.serving.languages import toys

INT64 = np.iinfo(np.int64)


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory):
    place = tmp_path_factory.mktemp("bundles")
    translating = translators.write_bundles(place)
    places = {"toy": toys.plain(place / "toy"), "floats": toys.of_floats(place / "floats")}
    return Catalogue({**places, "free": translating["centring"], "fixed": translating["fixed"]}, Settings("cpu"))


def number(value, dtype=np.int64):
    return np.array([value], dtype)


def drawn(**changes):
    inputs = {"seed": number(1), "n": number(2), "start": number(0), "truncation": number(1, np.float32)}
    return {**inputs, **changes}


def decoded(rows=2, **changes):
    return {"latent": np.zeros((rows, 2), np.float32), "label": np.zeros((rows, 1), np.int64), **changes}


def pictures(*shape, dtype=np.uint8):
    return {"image": np.zeros(shape, dtype)}


def refused(catalogue, name, inputs, limits=None, outputs=()):
    with pytest.raises(RefusedError) as refusal:
        check(Request(catalogue.find(name), inputs, outputs), limits or Limits())
    return refusal.value


@pytest.mark.parametrize(
    ("name", "inputs", "rows"),
    [
        ("toy/decoder", decoded(), 2),
        ("toy/noise", drawn(seed=number(INT64.min), start=number(INT64.max - 2)), 2),
        ("toy/noise", drawn(truncation=number(np.inf, np.float32)), 2),
        ("toy/sample", drawn(label=np.array([[2], [1]])), 2),
        ("toy/reconstruct", {**pictures(3, 3, 2, 1), "label": np.zeros((3, 1), np.int64)}, 3),
        ("free/a_to_b", pictures(1, 8, 768 * 96 - 4, 3), 1),
        ("fixed/a_to_b", pictures(2, 12, 16, 3), 2),
    ],
)
def test_what_can_be_computed_passes(catalogue, name, inputs, rows):
    assert check(Request(catalogue.find(name), inputs), Limits()).rows == rows


@pytest.mark.parametrize(
    ("name", "inputs", "message"),
    [
        ("toy/decoder", {"latent": np.zeros((1, 2), np.float32)}, "inputs must be latent, label. Received: latent."),
        ("toy/decoder", decoded(more=number(1)), "Received: latent, label, more."),
        ("toy/decoder", decoded(latent=np.zeros((2, 2))), "`latent` must be float32. Received: float64."),
        ("toy/decoder", decoded(latent=np.zeros((2, 2), ">f4")), "`latent` must be float32. Received: >f4."),
        ("toy/decoder", decoded(latent=np.zeros((2, 3), np.float32)), "the shape (n, 2). Received: (2, 3)."),
        ("toy/decoder", decoded(latent=np.zeros(2, np.float32)), "the shape (n, 2). Received: (2)."),
        ("toy/decoder", decoded(latent=np.zeros((1, 2, 2), np.float32)), "Received: (1, 2, 2)."),
        ("toy/decoder", decoded(label=np.zeros((3, 1), np.int64)), "`label` must have the shape"),
        ("toy/decoder", decoded(label=np.zeros(2, np.int64)), "`label` must have the shape (n, 1). Received: (2)."),
        ("toy/decoder", decoded(0), "Received: (0, 2)."),
        ("toy/decoder", decoded(label=np.array([[0], [3]])), "`label` must be from 0 to 2. Received: 3."),
        ("toy/decoder", decoded(label=np.array([[-1], [0]])), "`label` must be from 0 to 2. Received: -1."),
        ("toy/decoder", decoded(latent=np.full((2, 2), np.nan, np.float32)), "`latent` must be finite."),
        ("toy/decoder", decoded(latent=np.full((2, 2), -np.inf, np.float32)), "`latent` must be finite."),
        ("floats/decoder", decoded(latent=np.full((2, 2), np.inf, np.float32)), "`latent` must be finite."),
        ("toy/noise", drawn(n=number(0)), "`n` must be from 1"),
        ("toy/noise", drawn(n=number(-(2**62))), "`n` must be from 1"),
        ("toy/noise", drawn(start=number(-1)), "`start` must be from 0"),
        ("toy/noise", drawn(start=number(INT64.max - 1)), "`start` must be from 0 to 9223372036854775805."),
        ("toy/noise", drawn(seed=np.array(1)), "`seed` must have the shape (1). Received: ()."),
        ("toy/noise", drawn(seed=np.array([1, 2])), "`seed` must have the shape (1). Received: (2)."),
        ("toy/noise", drawn(seed=number(1, np.uint64)), "`seed` must be int64. Received: uint64."),
        ("toy/noise", drawn(truncation=number(0, np.float32)), "`truncation` must be above 0. Received: 0.0."),
        ("toy/noise", drawn(truncation=number(np.nan, np.float32)), "`truncation` must be above 0. Received: nan."),
        ("toy/sample", drawn(label=np.zeros((3, 1), np.int64)), "must have `n` = 2 rows. Received: 3 rows."),
        ("free/a_to_b", pictures(1, 10, 8, 3), "`height` must be a multiple of 4 from 8 on. Received: 10."),
        ("free/a_to_b", pictures(1, 8, 4, 3), "`width` must be a multiple of 4 from 8 on. Received: 4."),
        ("free/a_to_b", pictures(1, 8, 8, 1), "the shape (n, 8, 8, 3). Received: (1, 8, 8, 1)."),
        ("fixed/a_to_b", pictures(1, 16, 12, 3), "the shape (n, 12, 16, 3). Received: (1, 16, 12, 3)."),
        ("free/a_to_b", pictures(1, 8, 8, 3, dtype=np.float32), "`image` must be uint8. Received: float32."),
    ],
)
def test_what_cannot_be_computed_is_named(catalogue, name, inputs, message):
    refusal = refused(catalogue, name, inputs)
    assert refusal.reason is Reason.INVALID
    assert message in refusal.message


def test_an_output_that_is_not_made_is_named(catalogue):
    refusal = refused(catalogue, "toy/decoder", decoded(), outputs=["image", "code"])
    assert refusal.message == "outputs must be among image. Received: code."


@pytest.mark.parametrize(
    ("name", "inputs", "limits", "message"),
    [
        ("toy/decoder", decoded(5), Limits(rows=4), "at most 4 rows. Received: 5."),
        ("toy/noise", drawn(n=number(5)), Limits(rows=4), "at most 4 rows. Received: 5."),
        ("toy/noise", drawn(n=number(INT64.max)), Limits(), f"at most 4096 rows. Received: {INT64.max}."),
        ("toy/decoder", decoded(5), Limits(output_bytes=29), "at most 29 bytes. Received: a request for 30."),
        (
            "toy/sample",
            drawn(n=number(3), label=np.zeros((3, 1), np.int64)),
            Limits(output_bytes=17),
            "request for 18.",
        ),
        ("free/a_to_b", pictures(1, 8, 768 * 96, 3), Limits(pixels=1000), "at most 1000 pixels."),
        ("free/a_to_b", pictures(1, 12, 768 * 96, 3), Limits(), "at most 589824 pixels. Received: 884736."),
    ],
)
def test_what_is_too_large_is_found_before_anything_is_made(catalogue, name, inputs, limits, message):
    refusal = refused(catalogue, name, inputs, limits)
    assert refusal.reason is Reason.TOO_LARGE
    assert message in refusal.message


def test_names_and_shapes_of_any_length_make_short_messages(catalogue):
    inputs = {"x" * 10_000 + str(key): number(1) for key in range(1000)}
    assert len(refused(catalogue, "toy/decoder", inputs).message) < 1000
    deep = decoded(latent=np.zeros((1,) * 60, np.float32))
    assert len(refused(catalogue, "toy/decoder", deep).message) < 200


def test_a_sampler_whose_parts_are_not_there_is_asked_for_few_rows(tmp_path):
    """It cannot be computed in parts, and memory for what is inside grows with the rows."""
    graph = toys.model(
        [("Reshape", ["n", "single"], ["count"]), ("Expand", ["seed", "count"], ["many"]), *to_pictures()],
        {"seed": (toys.TensorProto.INT64, []), "n": (toys.TensorProto.INT64, [])},
        {"image": (toys.TensorProto.UINT8, ["n", 1, 1, 1])},
        {"single": np.array([1]), "sides": np.array([1, 2, 3])},
    )
    catalogue = Catalogue({"toy": toys.write(tmp_path / "b", {"sampler": graph})}, Settings("cpu"))
    inputs = {"seed": number(1), "n": number(65)}
    assert "at most 64 rows" in refused(catalogue, "sampler", inputs).message


def to_pictures():
    return [
        ("Unsqueeze", ["many", "sides"], ["levels"]),
        ("Cast", ["levels"], ["image"], {"to": toys.TensorProto.UINT8}),
    ]

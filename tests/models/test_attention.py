"""Attention of `cut` and `cyclegan`: a mask beside each translation."""

from __future__ import annotations

import keras
import numpy as np
import pytest

import export
import keras_gen
import serving
from keras_gen.training.pieces import together
from serving import InputError
from serving.common.images import to_float, to_uint8

SMALL = {
    "image_shape": (8, 8, 1),
    "generator": {"name": "resnet", "filters": 4, "blocks": 1},
    "discriminator": {"name": "patchgan", "receptive_field": 16, "filters": 4},
    "seed": 2,
    "attention": True,
}
OF_CUT = {"projection_units": 4, "patches": 4}
MODELS = {"cut": (keras_gen.CUT, OF_CUT), "cyclegan": (keras_gen.CycleGAN, {})}


def pictures(count=2):
    return np.random.default_rng(0).uniform(-1, 1, (2, count, 8, 8, 1)).astype(np.float32)


def half_masked():
    """Pictures that become 0.5 in half a mask, as a network that mixes them by itself."""
    image = keras.Input((None, None, 1))
    mask = keras.ops.zeros_like(image) + 0.5
    made = keras.layers.Conv2D(1, 1, kernel_initializer="zeros", name="made")(image) + 0.5
    return keras.Model(image, keras.ops.concatenate([mask * made + (1 - mask) * image, mask], axis=-1))


@pytest.mark.parametrize("name", MODELS)
def test_the_area_is_a_part_of_the_loss_and_of_the_report(name):
    build, further = MODELS[name]
    areas = 1 if name == "cut" else 2
    own = half_masked() if name == "cut" else together(half_masked(), half_masked())
    arguments = {**SMALL, **further, "generator": own, **({"feature_layers": ["made"]} if name == "cut" else {})}
    reports = []
    for weight in (0.0, 3.0):
        keras.utils.set_random_seed(0)
        model = build(**arguments, attention_weight=weight)
        model.compile(run_eagerly=True)
        reports.append(model.evaluate(*pictures(), verbose=0, return_dict=True))
    assert reports[0]["mask_area"] == pytest.approx(0.5 * areas)
    difference = reports[1]["generator_loss"] - reports[0]["generator_loss"]
    assert difference == pytest.approx(3 * 0.5 * areas, rel=1e-4)
    a = pictures()[0]
    np.testing.assert_allclose(model(a), 0.25 + 0.5 * a, atol=1e-6)


@pytest.mark.parametrize("name", MODELS)
def test_a_heavy_weight_makes_masks_small(name):
    build, further = MODELS[name]
    model = build(**SMALL, **further, attention_weight=1000.0, identity_weight=0.0, ema_decay=0.0)
    model.compile(run_eagerly=True, generator_optimizer=keras.optimizers.Adam(0.05))
    areas = [model.train_on_batch(*pictures(), return_dict=True)["mask_area"] for _ in range(4)]
    assert areas[-1] < 0.8 * areas[0]


def test_a_latent_stands_beside_the_picture_and_is_not_mixed():
    model = keras_gen.CUT(
        **{**SMALL, **OF_CUT, "generator": {"name": "unet", "filters": 4, "depth": 2}, "noise_dim": 3}
    )
    model.compile(run_eagerly=True)
    report = model.train_on_batch(*pictures(), return_dict=True)
    assert 0 < report["mask_area"] < 1
    networks = model.inference_networks()
    assert set(networks["a_to_b"].input) == {"image", "latent"}
    made = networks["a_to_b"].predict({"image": pictures()[0], "latent": np.zeros((2, 3), np.float32)}, verbose=0)
    assert made["translation"].shape == made["mask"].shape == (2, 8, 8, 1)
    np.testing.assert_allclose(made["translation"], model(pictures()[0]), atol=1e-6)


def test_a_bundle_gives_the_mask_beside_the_picture(tmp_path):
    """Outside of the mask a picture is what it was, in tiles as well."""
    model = keras_gen.CUT(**SMALL, **OF_CUT)
    folder = export.export_bundle(model, tmp_path / "bundle")
    outputs = serving.Manifest.read(folder).networks["a_to_b"].outputs
    assert (outputs["mask"].axes, outputs["mask"].range) == (("n", "height", "width", 1), (0.0, 1.0))
    images = to_uint8(pictures()[0])
    translator = serving.load(folder, "cpu")
    made, masks = translator.attended(images)
    expected = model.inference_networks()["a_to_b"].predict({"image": to_float(images)}, verbose=0)
    np.testing.assert_allclose(masks, 255 * expected["mask"][..., 0], atol=0.6)
    np.testing.assert_array_equal(made, translator.translate(images))
    large = np.random.default_rng(1).integers(0, 256, (1, 50, 41, 1), np.uint8)
    in_tiles = serving.Translator(folder, "cpu", tile=24)
    made, masks = in_tiles.attended(large)
    assert masks.shape == (1, 50, 41)
    np.testing.assert_array_equal(made, in_tiles.translate(large))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"attention_weight": -1.0}, "`attention_weight` must be at least 0"),
        ({"generator": {"name": "colour"}}, "must have RGB pictures on both sides"),
        ({"generator": keras_gen.CUT(**{**SMALL, **OF_CUT, "attention": False}).generator}, "must map .* to .8, 8, 2."),
    ],
)
def test_mistakes_are_named(arguments, message):
    with pytest.raises(InputError, match=message):
        keras_gen.CUT(**{**SMALL, **OF_CUT, **arguments})

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

import export
import keras_gen
import serving
from serving import InputError
from tests.harness import ModelContract

SMALL = {
    "image_shape": (8, 8, 1),
    "generator": {"name": "unet", "filters": 4},
    "discriminator": {"name": "patchgan", "receptive_field": 16, "filters": 4},
}


class TestPix2Pix(ModelContract):
    model_class = keras_gen.Pix2Pix
    arguments = {**SMALL, "seed": 4}
    stateless = {"generator": {**SMALL["generator"], "dropout": 0.0}}


class TestResidualPix2Pix(ModelContract):
    """Another network and loss, a penalty, several moves, and noise on what the discriminator is shown."""

    model_class = keras_gen.Pix2Pix
    arguments = {
        **SMALL,
        "generator": {"name": "resnet", "filters": 4, "blocks": 1},
        "l1_weight": 1.0,  # rounding errors grow with every step, the more so the larger the steps
        "loss": "hinge",
        "penalties": {"r1": 0.1},
        "discriminator_steps": 2,
        "instance_noise": 0.1,
    }


def linear_model(**options):
    """Pictures of one pixel; the generator and the discriminator are linear maps."""
    given, both = keras.Input((1, 1, 1)), keras.Input((1, 1, 2))
    generator = keras.Model(given, keras.layers.Dense(1, use_bias=False)(given))
    discriminator = keras.Model(both, keras.layers.Dense(1, use_bias=False)(both))
    model = keras_gen.Pix2Pix((1, 1, 1), generator, discriminator, **options)
    model.compile(generator_optimizer=keras.optimizers.SGD(1.0), discriminator_optimizer=keras.optimizers.SGD(1.0))
    model.generator.set_weights([np.array([[0.7]])])
    model.discriminator.set_weights([np.array([[0.4], [-0.3]])])
    return model


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


@pytest.mark.parametrize(("l1_weight", "adversarial_weight"), [(100.0, 1.0), (3.0, 0.0), (0.0, 2.0)])
def test_a_step_is_that_of_the_paper(l1_weight, adversarial_weight):
    """The updates of equations 1, 3 and 4 for linear networks, with gradients written out by hand."""
    model = linear_model(l1_weight=l1_weight, adversarial_weight=adversarial_weight)
    rng = np.random.default_rng(0)
    a, b = rng.uniform(-1, 1, (2, 5)).astype(np.float32)
    report = model.train_on_batch(a.reshape(5, 1, 1, 1), b.reshape(5, 1, 1, 1), return_dict=True)
    g, (of_answer, of_question) = 0.7, (0.4, -0.3)
    fake = g * a
    real_error, fake_error = -sigmoid(-(of_answer * b + of_question * a)), sigmoid(of_answer * fake + of_question * a)
    stepped = np.array(
        [
            of_answer - np.mean(real_error * b + fake_error * fake),
            of_question - np.mean(real_error * a + fake_error * a),
        ]
    )
    np.testing.assert_allclose(model.discriminator.get_weights()[0][:, 0], stepped, rtol=1e-5)
    # The generator meets the discriminator that has moved.
    adversarial = np.mean(-sigmoid(-(stepped[0] * fake + stepped[1] * a)) * stepped[0] * a)
    error = np.mean(np.sign(fake - b) * a)
    expected = g - (adversarial_weight * adversarial + l1_weight * error)
    np.testing.assert_allclose(model.generator.get_weights()[0], [[expected]], rtol=1e-5)
    assert report["l1"] == pytest.approx(np.mean(np.abs(fake - b)), rel=1e-5)


def test_it_learns_which_picture_belongs_to_which(pictures):
    """Negatives: after a moment's training the answer is nearer than the question, and than any one answer for all."""
    keras.utils.set_random_seed(0)
    model = keras_gen.Pix2Pix(**{**SMALL, "generator": {"name": "unet", "filters": 16, "dropout": 0}}, ema_decay=0.0)
    model.compile(generator_optimizer=keras.optimizers.Adam(2e-3, 0.5))
    model.fit(pictures, -pictures, batch_size=16, epochs=30, verbose=0)
    error = model.evaluate(pictures, -pictures, verbose=0, return_dict=True)["l1"]
    assert error < 0.25 * np.abs(pictures - np.median(pictures, axis=0)).mean()


def test_a_bundle_translates_pictures_of_any_size(tmp_path):
    model = keras_gen.Pix2Pix(**SMALL)
    bundle = export.export_bundle(model, tmp_path / "bundle")
    manifest = serving.Manifest.read(bundle)
    assert (manifest.image.any_size, manifest.image.multiple) == (True, 8)
    assert manifest.networks["a_to_b"].inputs["image"].axes == ("n", "height", "width", 1)
    assert manifest.networks["a_to_b"].outputs["translation"].range == (0, 255)
    assert manifest.weights == "ema"


def test_a_network_of_one_size_says_so(tmp_path):
    image = keras.Input((8, 8, 1))
    generator = keras.Model(
        image, keras.layers.Reshape((8, 8, 1))(keras.layers.Dense(64)(keras.layers.Flatten()(image)))
    )
    model = keras_gen.Pix2Pix(**{**SMALL, "generator": generator})
    manifest = serving.Manifest.read(export.export_bundle(model, tmp_path / "bundle"))
    assert not manifest.image.any_size
    assert manifest.networks["a_to_b"].inputs["image"].axes == ("n", 8, 8, 1)


def test_the_discriminator_judges_the_answer_beside_the_question():
    model = keras_gen.Pix2Pix(**SMALL)
    assert model.discriminator.input_shape == (None, 8, 8, 2)
    assert model(tf.zeros((3, 16, 8, 1))).shape == (3, 16, 8, 1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"l1_weight": -1}, "`l1_weight` must be at least 0"),
        ({"generator": "dcgan"}, "`translator` must be one of colour, resnet, subpixel, unet. Received: 'dcgan'"),
        ({"discriminator": "dcgan"}, "`patch_discriminator` must be one of patchgan. Received: 'dcgan'"),
        ({"loss": "wasserstein", "label_smoothing": 0.1}, "`label_smoothing` needs a loss with targets"),
    ],
)
def test_mistakes_are_named(arguments, message):
    with pytest.raises(InputError, match=message):
        keras_gen.Pix2Pix(**{**SMALL, **arguments})

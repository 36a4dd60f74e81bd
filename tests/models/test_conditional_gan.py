from __future__ import annotations

import numpy as np
import pytest

import keras_gen
from serving import InputError
from tests.harness import ModelContract

SMALL = {
    "image_shape": (8, 8, 1),
    "classes": ("flat", "steep", "wavy"),
    "latent_dim": 4,
    "generator": {"name": "dcgan", "filters": 4},
    "discriminator": {"name": "dcgan", "filters": 4, "batch_normalization": False},
}


class TestProjection(ModelContract):
    model_class = keras_gen.ConditionalGAN
    arguments = {**SMALL, "loss": "hinge", "penalties": {"r1": 1.0}, "seed": 2}


class TestConcatenation(ModelContract):
    model_class = keras_gen.ConditionalGAN
    arguments = {**SMALL, "condition": "concatenation", "discriminator_steps": 2}


class TestAuxiliaryClassifier(ModelContract):
    model_class = keras_gen.ConditionalGAN
    arguments = {**SMALL, "condition": "auxiliary", "loss": "relativistic", "penalties": {"gp": 1.0}}


class TestReACGAN(ModelContract):
    model_class = keras_gen.ConditionalGAN
    arguments = {**SMALL, "condition": "rea_c_gan", "loss": "hinge", "class_weight": 0.5}

    def test_micro_batches_equal_the_whole_batch(self, pictures):
        """They are refused: a picture's rivals are those of the whole batch."""
        with pytest.raises(InputError, match="over the whole batch"):
            self.build().micro_batches = 4


def grey_levels(n):
    """Pictures of one grey level each, and the level's class: -0.6 or 0.6."""
    labels = np.arange(n) % 2
    return np.where(labels, 0.6, -0.6).astype(np.float32)[:, None, None, None] * np.ones(
        (1, 8, 8, 1), np.float32
    ), labels


@pytest.mark.parametrize("condition", ["projection", "concatenation", "auxiliary", "rea_c_gan"])
def test_the_generator_learns_what_a_class_looks_like(condition):
    network = {"name": "mlp", "units": [32]}
    model = keras_gen.ConditionalGAN(
        image_shape=(8, 8, 1),
        classes=("dark", "light"),
        latent_dim=2,
        generator=network,
        discriminator=network,
        condition=condition,
        penalties="r1:0.1",
        ema_decay=0.9,
    )
    model.compile(generator_optimizer="adam", discriminator_optimizer="adam")
    model.fit(*grey_levels(64), batch_size=32, epochs=200, verbose=0)
    drawn = model.sample(20, labels=np.repeat([0, 1], 10)).mean(axis=(1, 2, 3))
    assert drawn[:10].mean() < -0.3
    assert drawn[10:].mean() > 0.3


def test_an_auxiliary_classifier_that_guesses_evenly_has_the_entropy_of_the_classes(pictures):
    model = keras_gen.ConditionalGAN(**SMALL, condition="auxiliary")
    model.compile()
    head = model.judge.get_layer("class_logits")
    head.set_weights([np.zeros_like(w) for w in head.get_weights()])
    report = model.evaluate(pictures, np.arange(len(pictures)) % 3, verbose=0, return_dict=True)
    assert report["class_loss"] == pytest.approx(np.log(3), rel=1e-6)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"condition": "projektion"}, "Did you mean 'projection'?"),
        ({"classes": ("one",)}, "at least two. Received: 1"),
        ({"class_temperature": 0.0}, "`class_temperature` must be positive. Received: 0.0"),
        ({"class_margin": 1.5}, "`class_margin` must be a cosine, from -1 to 1. Received: 1.5"),
        ({"class_weight": -1.0}, "`class_weight` must be at least 0. Received: -1.0"),
    ],
)
def test_impossible_options_are_named(options, message):
    with pytest.raises(InputError) as error:
        keras_gen.ConditionalGAN(**{**SMALL, **options})
    assert message in str(error.value)

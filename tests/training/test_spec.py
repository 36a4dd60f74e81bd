from __future__ import annotations

import keras
import pytest

import keras_gen
from keras_gen import ModelSpec
from serving import InputError

CODER = {"name": "mlp", "units": [4]}


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        (
            {"partly_labelled": True},
            "a model that is `partly_labelled` must be one that `adapts`. Received: adapts=False.",
        ),
        ({"adapts": True}, "a model that `adapts` must be `labelled`. Received: labelled=False."),
        ({"classes": ("a", "b")}, "a model with `classes` must be `labelled`. Received: 2 classes."),
        (
            {"translates": "pairs", "prior": "standard_normal"},
            "neither labels nor a prior. Received: .*normal",
        ),
    ],
)
def test_statements_that_exclude_each_other_are_refused(facts, message):
    with pytest.raises(InputError, match=message):
        ModelSpec(**facts)


def test_arguments_decide_what_a_model_is():
    shape = {"image_shape": (8, 8, 1)}
    plain = keras_gen.VAE(**shape, encoder=CODER, decoder=CODER)
    binary = keras_gen.VAE(**shape, encoder=CODER, decoder=CODER, binarize=True, likelihood="gaussian")
    assert (plain.spec.likelihood, plain.spec.binarizes) == ("bernoulli", False)
    assert (binary.spec.likelihood, binary.spec.binarizes) == ("gaussian", True)
    players = {"generator": CODER, "discriminator": CODER}
    for decay, weights in ((0.0, "raw"), (0.9, "ema")):
        model = keras_gen.GAN(**shape, **players, ema_decay=decay, discriminator_steps=3)
        assert (model.spec.weights, model.spec.discriminator_steps) == (weights, 3)
    coder = {"encoder": CODER, "decoder": CODER, "classes": ("a", "b")}
    told = keras_gen.AAE(**shape, **coder, prior="mixture", condition="prior")
    assert (told.spec.prior, told.spec.labelled, told.spec.classes) == ("mixture", True, ("a", "b"))
    untold = keras_gen.AAE(**shape, **coder)
    assert (untold.spec.prior, untold.spec.labelled, untold.spec.classes) == ("standard_normal", False, ())


class Forgetful(keras_gen.GenerativeAdversarialModel):
    """Its constructor does not start the average."""

    def __init__(self):
        super().__init__(0, [])
        self.generator = self.discriminator = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])


def test_a_forgotten_average_is_one_line_when_it_is_compiled():
    with pytest.raises(
        InputError, match=r"of Forgetful must end with `self\.begin\(\)`\. Received: a generator without"
    ):
        Forgetful().compile()


def test_micro_batches_are_counted_from_one():
    model = keras_gen.Autoencoder((8, 8, 1), encoder=CODER, decoder=CODER)
    with pytest.raises(InputError, match="`micro_batches` must be at least 1. Received: 0"):
        model.micro_batches = 0

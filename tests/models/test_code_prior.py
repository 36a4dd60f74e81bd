from __future__ import annotations

import math

import keras
import numpy as np
import pytest

import keras_gen
from keras_gen.layers.unmasking import Unmasking, ranks
from keras_gen.models.code_prior import schedule
from serving import InputError
from tests.harness import ModelContract

CODER = {
    "image_shape": (8, 8, 1),
    "encoder": {"name": "conv", "filters": 4, "blocks": 1},
    "decoder": {"name": "conv", "filters": 4, "blocks": 1},
    "codes": 8,
    "code_size": 3,
}
SMALL = {"image_shape": (8, 8, 1), "predictor": {"name": "transformer", "width": 8, "blocks": 1, "heads": 2}}
CLASSES = ("zero", "one", "two")


class TestCodePrior(ModelContract):
    model_class = keras_gen.CodePrior

    @property
    def arguments(self):
        """The VQ-VAE is made within the strategy of the model, whose processes must be known before anything is."""
        coder = keras_gen.VQVAE(**CODER)
        return {**SMALL, "coder": coder, "classes": CLASSES, "conditional": True, "steps": 2, "ema_decay": 0.9}


def model_of(**options):
    keras.utils.set_random_seed(1)
    model = keras_gen.CodePrior(coder=keras_gen.VQVAE(**CODER), **{**SMALL, **options})
    model.compile(optimizer=keras.optimizers.Adam(1e-2))
    return model


def test_known_places_grow_by_a_cosine():
    """49 places in 8 steps: what is left is floor(49 cos(pi/2 * t/8)), and nothing after the last."""
    left = [math.floor(49 * math.cos(math.pi / 2 * t / 8)) for t in range(1, 8)]
    assert schedule(49, 8) == [49 - count for count in left] + [49]
    assert schedule(2, 4) == [1, 2, 2, 2]
    assert schedule(5, 1) == [5]


def test_ranks_are_those_of_a_stable_sort():
    values = np.array([[0.5, 2.0, 0.5, -1.0, 2.0]], np.float32)
    np.testing.assert_array_equal(ranks(values), [[2, 0, 3, 4, 1]])


def test_a_step_keeps_the_places_of_the_highest_noisy_confidence():
    """Against NumPy, with the cumulative probabilities and the noise written out."""
    rng = np.random.default_rng(0)
    logits, noise = rng.normal(size=(3, 5, 4)), rng.normal(size=(3, 5, 2))
    tokens = np.full((3, 5), 4.0, np.float32)
    tokens[:, 1] = 2.0
    received = np.asarray(Unmasking(4, 3, 1.5)(*(part.astype(np.float32) for part in (logits, tokens, noise))))
    uniform = 0.5 * (1 + np.vectorize(math.erf)(noise / np.sqrt(2)))
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    drawn = (probabilities.cumsum(axis=-1) <= uniform[..., :1]).sum(axis=-1)
    sure = np.log(np.take_along_axis(probabilities, drawn[..., None], axis=-1)[..., 0])
    sure += 1.5 * -np.log(-np.log(uniform[..., 1]))
    sure[:, 1] = np.inf
    for row in range(3):
        kept = np.argsort(-sure[row])[:3]
        expected = np.where(np.isin(np.arange(5), kept), drawn[row], 4)
        expected[1] = 2
        np.testing.assert_array_equal(received[row], expected)


def test_codes_are_drawn_by_their_probabilities():
    logits = np.log(np.array([0.1, 0.2, 0.3, 0.4], np.float32))
    noise = np.random.default_rng(0).normal(size=(20_000, 1, 2)).astype(np.float32)
    many = np.broadcast_to(logits, (20_000, 1, 4))
    drawn = np.asarray(Unmasking(4, 1, 0.0)(many, np.full((20_000, 1), 4.0, np.float32), noise))
    shares = np.bincount(drawn[:, 0].astype(int), minlength=4) / 20_000
    np.testing.assert_allclose(shares, [0.1, 0.2, 0.3, 0.4], atol=4 * 0.5 / np.sqrt(20_000))


def test_an_untrained_network_loses_what_a_guess_does(pictures):
    """Zero logits: the cross entropy of a masked code is log 8."""
    model = model_of()
    for layer in model.average.layers[-1:]:
        layer.set_weights([np.zeros_like(weight) for weight in layer.get_weights()])
    report = model.evaluate(pictures, verbose=0, return_dict=True)
    assert report["loss"] == pytest.approx(math.log(8), rel=1e-5)


def test_the_coder_stays_as_it_is_and_codes_are_learned(pictures):
    model = model_of(ema_decay=0.0)
    before = model.coder.get_weights()
    first = model.evaluate(pictures, verbose=0, return_dict=True)["loss"]
    model.fit(pictures, epochs=15, batch_size=32, verbose=0)
    assert model.evaluate(pictures, verbose=0, return_dict=True)["loss"] < first - 0.3
    for old, new in zip(before, model.coder.get_weights(), strict=True):
        np.testing.assert_array_equal(new, old)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": 0}, "`steps` must be at least 1"),
        ({"temperature": -1.0}, "`temperature` must be at least 0"),
        ({"ema_decay": 1.0}, "`ema_decay` must be at least 0 and below 1"),
        ({"predictor": {"name": "transformer", "width": 8, "heads": 3}}, "`heads` must divide the width, 8"),
    ],
)
def test_impossible_options_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        model_of(**options)

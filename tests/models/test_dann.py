from __future__ import annotations

import keras
import numpy as np
import pytest

import export
import keras_gen
import serving
from serving import InputError
from serving.common.images import to_uint8
from tests.harness import ModelContract

CLASSES = ("zero", "one", "two")
EXTRACTOR = {"name": "lenet", "filters": [4, 6], "kernel_size": 3, "padding": "same"}
SMALL = {
    "image_shape": (8, 8, 1),
    "classes": CLASSES,
    "feature_extractor": EXTRACTOR,
    "label_predictor": {"name": "lenet", "units": [8]},
    "domain_classifier": {"name": "lenet", "units": [8]},
}
GROWN = 2 / (1 + np.exp(-10 * 0.25)) - 1  # a quarter of the adaptation's steps


class TestDANN(ModelContract):
    model_class = keras_gen.DANN
    arguments = {**SMALL, "seed": 4, "adaptation_steps": 4}


class TestNormalizedDANN(ModelContract):
    model_class = keras_gen.DANN
    arguments = {
        **SMALL,
        "feature_extractor": {**EXTRACTOR, "batch_normalization": True},
        "domain_classifier": {"name": "lenet", "units": [8], "batch_normalization": True},
        "adaptation_steps": 0,
    }


class TestDroppedDANN(ModelContract):
    model_class = keras_gen.DANN
    arguments = {**SMALL, "feature_extractor": {**EXTRACTOR, "dropout": [0.2, 0.5]}, "adaptation_steps": 0}
    stateless = {"feature_extractor": EXTRACTOR}


def linear_model(**options):
    """Pictures of two values are their own features; labels and domains are told apart by linear maps."""
    features = keras.Sequential([keras.Input((1, 2, 1)), keras.layers.Flatten(), keras.layers.Dense(2, use_bias=False)])
    labels = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2, use_bias=False)])
    domains = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, use_bias=False)])
    model = keras_gen.DANN((1, 2, 1), ("a", "b"), features, labels, domains, **options)
    model.compile(keras.optimizers.SGD(1.0))
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(size=w.shape).astype(w.dtype) if w.shape else w.numpy() for w in model.weights])
    return model


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


@pytest.mark.parametrize(("step", "weight"), [(0, 0.0), (1, 0.6 * GROWN), (4, 0.6 * np.tanh(5)), (9, 0.6 * np.tanh(5))])
def test_a_step_is_that_of_the_paper(step, weight):
    """The updates of equations 13 to 15 for linear networks, with gradients written out by hand."""
    model = linear_model(domain_weight=0.6, adaptation_steps=4)
    model.noise.step.assign(step)
    f, y, d = (network.get_weights()[0] for network in model_parts(model))
    rng = np.random.default_rng(1)
    source, target = rng.uniform(-1, 1, (2, 5, 1, 2, 1))
    labels = np.array([0, 1, 1, 0, 1])
    report = model.train_on_batch((source, target), labels, return_dict=True)
    s, t = source.reshape(5, 2), target.reshape(5, 2)
    probabilities = np.exp(s @ f @ y) / np.exp(s @ f @ y).sum(axis=1, keepdims=True)
    label_error = (probabilities - np.eye(2)[labels]) / 5
    source_error, target_error = -sigmoid(-(s @ f @ d)) / 5, sigmoid(t @ f @ d) / 5
    label_gradient = s.T @ label_error @ y.T
    domain_gradient = s.T @ source_error @ d.T + t.T @ target_error @ d.T
    received = [network.get_weights()[0] for network in model_parts(model)]
    np.testing.assert_allclose(received[0], f - (label_gradient - weight * domain_gradient), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(received[1], y - (s @ f).T @ label_error, rtol=1e-4, atol=1e-5)
    expected = d - ((s @ f).T @ source_error + (t @ f).T @ target_error)
    np.testing.assert_allclose(received[2], expected, rtol=1e-4, atol=1e-5)
    domain_loss = np.mean(-np.log(sigmoid(s @ f @ d)) - np.log(sigmoid(-(t @ f @ d))))
    assert report["domain_loss"] == pytest.approx(domain_loss, rel=1e-5)
    assert report["domain_accuracy"] == pytest.approx(np.concatenate([s @ f @ d > 0, t @ f @ d < 0]).mean())
    assert report["label_loss"] == pytest.approx(-np.log(probabilities[np.arange(5), labels]).mean(), rel=1e-5)
    assert report["accuracy"] == pytest.approx((probabilities.argmax(axis=1) == labels).mean())
    assert report["loss"] == pytest.approx(report["label_loss"] + report["domain_loss"], rel=1e-5)


def model_parts(model):
    return model.feature_extractor, model.label_predictor, model.domain_classifier


def test_without_adaptation_steps_the_weight_is_there_at_once():
    model = linear_model(adaptation_steps=0)
    before = model.feature_extractor.get_weights()[0]
    other = linear_model(adaptation_steps=4)
    other.noise.step.assign(4)
    batch = (np.ones((2, 1, 2, 1)), np.zeros((2, 1, 2, 1))), np.array([0, 1])
    for each in (model, other):
        each.train_on_batch(*batch)
    np.testing.assert_allclose(*(m.feature_extractor.get_weights()[0] for m in (model, other)), rtol=1e-6)
    assert not np.allclose(model.feature_extractor.get_weights()[0], before)


@pytest.fixture(scope="module")
def domains():
    """Two classes by the brighter of two values; what the source's third value says of the class as well, the target's
    says the other way round."""
    rng = np.random.default_rng(0)

    def draw(sign):
        labels = rng.integers(0, 2, 600)
        meaning = np.where(labels, 1.0, -1.0)
        values = np.stack([meaning, -meaning, sign * 2 * meaning], axis=1) + rng.normal(0, 0.7, (600, 3))
        return np.tanh(values).astype(np.float32).reshape(-1, 1, 3, 1), labels

    return draw(1), draw(-1)


def test_adaptation_finds_what_the_domains_share(domains):
    (source, labels), (target, _) = domains
    accuracy = {}
    for weight in (0.0, 1.0):
        keras.utils.set_random_seed(0)
        features = keras.Sequential([keras.Input((1, 3, 1)), keras.layers.Flatten(), keras.layers.Dense(2)])
        model = keras_gen.DANN(
            (1, 3, 1), ("a", "b"), features, domain_weight=weight, adaptation_steps=0, domain_classifier="lenet"
        )
        model.compile(keras.optimizers.SGD(0.05, momentum=0.9))
        model.fit((source, target), labels, batch_size=100, epochs=30, verbose=0)
        reports = [model.evaluate(x, y, verbose=0, return_dict=True) for x, y in domains]
        accuracy[weight] = [report["accuracy"] for report in reports]
    assert min(accuracy[0.0][0], accuracy[1.0][0]) > 0.85
    assert accuracy[0.0][1] < 0.6
    assert accuracy[1.0][1] > 0.8


def test_without_a_domain_weight_the_target_changes_nothing_of_the_classifier(pictures):
    labels = np.arange(96) % 3
    predictions = []
    for target in (pictures, -pictures / 3):
        keras.utils.set_random_seed(0)
        extractor = {**EXTRACTOR, "batch_normalization": True}
        model = keras_gen.DANN(**{**SMALL, "feature_extractor": extractor}, domain_weight=0.0)
        model.compile(keras.optimizers.SGD(0.1))
        model.fit((pictures, target), labels, batch_size=32, epochs=2, shuffle=False, verbose=0)
        predictions.append(model.predict(pictures, verbose=0))
    np.testing.assert_array_equal(*predictions)


def test_evaluation_reports_what_one_domain_has(pictures):
    model = keras_gen.DANN(**SMALL)
    model.compile("sgd")
    labels = np.arange(96) % 3
    report = model.evaluate(pictures, labels, verbose=0, return_dict=True)
    assert set(report) == {"label_loss", "accuracy"}
    probabilities = model.predict(pictures, verbose=0)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    assert report["accuracy"] == pytest.approx((probabilities.argmax(axis=1) == labels).mean())
    assert report["label_loss"] == pytest.approx(-np.log(probabilities[np.arange(96), labels]).mean(), rel=1e-4)
    history = model.fit((pictures, -pictures), labels, validation_data=(pictures, labels), epochs=1, verbose=0).history
    trained = {"label_loss", "accuracy", "domain_loss", "domain_accuracy", "loss"}
    assert set(history) == trained | {"val_label_loss", "val_accuracy"}


@pytest.mark.parametrize("io", ["uint8", "float"])
def test_a_bundle_classifies_and_encodes(pictures, tmp_path, monkeypatch, io):
    model = keras_gen.DANN(**SMALL)
    sampler = serving.load(export.export_bundle(model, tmp_path / "bundle", io=io))
    assert sampler.abilities == ("encode", "classify")
    assert sampler.manifest.classes == CLASSES
    assert (sampler.manifest.latent, sampler.takes_class, sampler.columns) == (None, False, None)
    grey = to_uint8(pictures)
    seen = grey / np.float32(127.5) - 1
    probabilities = sampler.classify(sampler.as_input(grey), batch_size=40)
    np.testing.assert_allclose(probabilities, model(seen), atol=1e-4)
    np.testing.assert_allclose(sampler.encode(sampler.as_input(grey)), model.feature_extractor(seen), atol=1e-4)
    with pytest.raises(InputError, match="must have a network that takes a class"):
        sampler.of_class(1)
    with pytest.raises(InputError, match=r"the shape \(n, 8, 8, 1\). Received: \(96, 8, 8\)."):
        sampler.classify(grey[..., 0])
    card = (tmp_path / "bundle" / "README.md").read_text()
    monkeypatch.chdir(tmp_path / "bundle")
    names: dict = {}
    exec(card.split("```python\n")[1].split("```")[0], names)
    assert names["probabilities"].shape == (1, 3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"classes": ("one",)}, "at least two. Received: 1"),
        ({"domain_weight": -1.0}, "`domain_weight` must be at least 0"),
        ({"adaptation_steps": -1}, "`adaptation_steps` must be at least 0"),
        ({"feature_extractor": "lent"}, "Did you mean 'lenet'?"),
        (
            {"feature_extractor": {"name": "lenet", "filters": [4, 6, 8, 9]}},
            "'lenet' must have a value left",
        ),
        (
            {"feature_extractor": keras.Sequential([keras.Input((8, 8, 1)), keras.layers.ReLU()])},
            "`feature_extractor` must map (8, 8, 1) to (None,). Received: a network from (8, 8, 1) to (8, 8, 1).",
        ),
        ({"label_predictor": keras.Sequential([keras.Input((24,)), keras.layers.Dense(4)])}, "must map (24,) to (3,)"),
    ],
)
def test_impossible_models_are_named(options, message):
    with pytest.raises(InputError) as error:
        keras_gen.DANN(**{**SMALL, **options})
    assert message in str(error.value)

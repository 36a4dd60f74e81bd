"""What a model takes of another one's weights, and which of them it keeps."""

from __future__ import annotations

import keras
import numpy as np
import pytest

import keras_gen
from keras_gen.training.layer_names import named_layers
from keras_gen.training.transfer import take_weights
from serving.common.errors import InputError

NETWORK = {"name": "dcgan", "filters": 4}
CLASSES = ("zero", "one")


def gan(seed=0):
    keras.utils.set_random_seed(seed)
    return keras_gen.GAN((8, 8, 1), latent_dim=4, generator=NETWORK, discriminator=NETWORK)


def conditional(seed=0):
    keras.utils.set_random_seed(seed)
    return keras_gen.ConditionalGAN((8, 8, 1), CLASSES, latent_dim=4, generator=NETWORK, discriminator=NETWORK)


def values(layer):
    return [np.array(weight) for weight in layer.get_weights()]


def same(one, other):
    return all(np.array_equal(a, b) for a, b in zip(values(one), values(other), strict=True))


def fitted(model, pictures, epochs=1):
    labels = np.arange(32) % 2
    model.fit(pictures[:32], *([labels] if model.spec.labelled else []), batch_size=16, epochs=epochs, verbose=0)
    return model


def test_names_are_those_of_a_process_with_this_model_alone():
    names = list(named_layers(gan()))
    assert names == list(named_layers(gan()))
    assert names == [
        "generator/dense",
        "generator/batch_normalization",
        "generator/conv2d_transpose",
        "discriminator/conv2d",
        "discriminator/dense",
        "average/dense",
        "average/batch_normalization",
        "average/conv2d_transpose",
    ]


def test_every_weight_of_the_same_model_is_taken_and_nothing_else(pictures):
    source, model = gan(seed=1), gan(seed=2)
    source.compile()
    fitted(source, pictures)
    transfer = take_weights(model, source)
    assert transfer.missed == {}
    assert transfer.taken == tuple(name for name in named_layers(model) if not name.startswith("average/"))
    there = named_layers(source)
    assert all(same(layer, there[name]) for name, layer in named_layers(model).items())
    assert not same(model.average, model.generator)
    assert (int(source.noise.step), int(model.noise.step)) == (2, 0)


def test_of_another_model_the_layers_of_the_same_shape_are_taken():
    source, model = conditional(seed=1), gan(seed=2)
    before = values(model.get_layer("generator").layers[1])
    transfer = take_weights(model, source)
    assert transfer.missed == {"generator/dense": "(6, 64) there, (4, 64) here", "judge/class_vectors": "not here"}
    assert len(transfer.taken) == 4
    here, there = named_layers(model), named_layers(source)
    assert all(same(here[name], there[name]) for name in transfer.taken)
    assert np.array_equal(values(here["generator/dense"])[0], before[0])
    # An average that cannot be taken is that of what is averaged.
    assert same(here["average/dense"], here["generator/dense"])
    assert same(here["average/conv2d_transpose"], there["average/conv2d_transpose"])
    assert take_weights(source, gan(seed=3)).missed["judge/class_vectors"] == "not there"


def test_frozen_layers_keep_their_weights_also_after_loading(pictures, tmp_path):
    """Of the networks that the constructor is given, and `class_vectors`, which it makes itself."""
    model = conditional()
    model.freeze("discriminator/conv2d", "judge/class_vectors")
    model.freeze("generator/conv2d_tr*")
    model.compile()
    frozen = ("discriminator/conv2d", "judge/class_vectors", "generator/conv2d_transpose")
    before = {name: values(layer) for name, layer in named_layers(model).items()}
    fitted(model, pictures).save(tmp_path / "m.keras")
    loaded = fitted(keras.saving.load_model(tmp_path / "m.keras"), pictures)
    assert loaded.frozen == model.frozen == ("discriminator/conv2d", "judge/class_vectors", "generator/conv2d_tr*")
    for name, layer in named_layers(loaded).items():
        kept = all(np.array_equal(a, b) for a, b in zip(before[name], values(layer), strict=True))
        assert kept == (name.replace("average", "generator") in frozen), name
    fitted(model, pictures)
    here, there = named_layers(model), named_layers(loaded)
    assert all(same(here[name], there[name]) for name in here)


def test_what_cannot_be_frozen_is_named():
    for pattern in ("discriminator/conv3d", "average/dense", "training_noise"):
        with pytest.raises(InputError, match=f"must be among generator/dense, .*Received: '{pattern}'"):
            gan().freeze(pattern)
    with pytest.raises(InputError, match="must leave discriminator something to train. Received: discriminator"):
        gan().freeze("discriminator")
    vae = keras_gen.VAE((8, 8, 1), latent_dim=2, encoder={"name": "mlp", "units": (4,)}, decoder="mlp")
    with pytest.raises(InputError, match="must leave the model something to train"):
        vae.freeze("encoder", "decoder")
    model = gan()
    model.compile()
    with pytest.raises(InputError, match="must be frozen before `compile`"):
        model.freeze("generator/dense")

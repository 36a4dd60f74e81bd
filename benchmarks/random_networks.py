"""Random networks of Keras through `keras-gen bundle`: how many become bundles, and why others are refused.

Every network is drawn by its number: a role, and layers from all that networks of pictures use, nested and shared ones
too, with random weights. Its bundle is run by itself and compared with Keras here, in grey levels. No picture may be
wrong and nothing may crash; with no argument 200 networks are tried, in about twenty minutes:

    python benchmarks/random_networks.py [COUNT [FIRST]]
"""

from __future__ import annotations

import os
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

COUNT = 200
LATENT, CLASSES = 12, ("cat", "dog", "owl")
ACTIVATIONS = (
    *("relu", "elu", "selu", "gelu", "silu", "mish", "softplus", "softsign", "tanh", "sigmoid", "hard_sigmoid"),
    *("hard_silu", "leaky_relu", "relu6", "celu", "log_sigmoid", "tanh_shrink", "soft_shrink", "hard_tanh"),
)
DONE, WRONG = "bundle", "wrong"


class Network(NamedTuple):
    """A drawn network.

    Attributes:
        role: `decoder`, `translator` or `encoder`.
        model: it.
        inside: grey levels, latents and labels, by name, to what the model is called with.
        last: its last activation, `tanh`, `sigmoid` or `linear`.
        options: of `bundle_networks`.
    """

    role: str
    model: Any
    inside: Callable[[dict[str, Any]], Any]
    last: str
    options: dict[str, Any]


def drawn(number: int) -> Network:
    """The network of a number."""
    import keras
    import numpy as np

    generator = np.random.default_rng(number)
    keras.utils.set_random_seed(number)
    layers = keras.layers
    role = ("decoder", "translator", "encoder")[number % 3]
    last = str(generator.choice(["tanh", "sigmoid", "linear"]))
    channels = int(generator.choice([1, 3]))
    options: dict[str, Any] = {} if last != "linear" else {"range": (-3.0, 3.0)}
    pixels = last if last != "linear" else None
    if role == "decoder":
        z = given = keras.Input((LATENT,), name="z")
        inputs: Any = z
        if generator.random() < 0.3:
            kind = keras.Input((1,), dtype="int32", name="kind")
            told = layers.Flatten()(layers.Embedding(len(CLASSES), 4)(kind))
            given, inputs, options["classes"] = layers.Concatenate()([z, told]), [z, kind], CLASSES
        x = layers.Reshape((4, 6, 8))(layers.Dense(192)(given))
        for _ in range(2):
            x = _larger(x, generator)
            x = _blocks(x, generator)
        made = layers.Conv2D(channels, 3, padding="same", activation=pixels)(x)
        return Network(role, _weighted(keras.Model(inputs, made), generator), _latents, last, options)
    free = role == "translator" and generator.random() < 0.5
    image = keras.Input((None, None, channels) if free else (16, 24, channels), name="pixels")
    x = layers.Conv2D(8, 3, padding="same", activation="relu")(image)
    x = _blocks(x, generator, free)
    smaller = layers.Conv2D(12, 3, 2, padding="same")(x) if generator.random() < 0.5 else _pooled(x, generator)
    x = _blocks(smaller, generator, free)
    if role == "encoder":
        x = layers.GlobalAveragePooling2D()(x) if generator.random() < 0.4 else layers.Flatten()(x)
        network = keras.Model(image, layers.Dense(LATENT)(x))
        return Network(role, _weighted(network, generator), _pictures, "linear", {"range": (-1.0, 1.0)})
    x = _larger(x, generator)
    made = layers.Conv2D(channels, 3, padding="same", activation=pixels)(_blocks(x, generator, free))
    if generator.random() < 0.3 and pixels:
        made = layers.Add()([made, image])
        options = {"range": (-3.0, 3.0)}
        last = "linear"
    return Network(role, _weighted(keras.Model(image, made), generator), _pictures, last, options)


def _blocks(x: Any, generator: Any, free: bool = False) -> Any:
    """One to three layers or groups of layers that keep the sides."""
    for _ in range(int(generator.integers(1, 4))):
        x = _block(x, generator, free)
    return x


def _block(x: Any, generator: Any, free: bool) -> Any:
    import keras

    layers = keras.layers
    channels = x.shape[-1]
    integer = generator.integers

    def residual(x: Any) -> Any:
        inner = layers.Conv2D(channels, 3, padding="same", activation="relu")(x)
        return layers.Add()([x, layers.Conv2D(channels, 3, padding="same")(inner)])

    def squeezed(x: Any) -> Any:
        told = layers.Dense(channels, "sigmoid")(layers.GlobalAveragePooling2D(keepdims=True)(x))
        return layers.Multiply()([x, told])

    def attending(x: Any) -> Any:
        if free:
            return residual(x)
        tokens = layers.Reshape((-1, channels))(x)
        tokens = layers.LayerNormalization()(tokens)
        made = layers.MultiHeadAttention(2, 4)(tokens, tokens)
        return layers.Add()([x, layers.Reshape(x.shape[1:])(made)])

    def padded(x: Any) -> Any:
        return layers.Conv2D(int(integer(4, 12)), 3)(layers.ZeroPadding2D(1)(x))

    def cropped(x: Any) -> Any:
        return layers.Cropping2D(((1, 2), (0, 1)))(layers.ZeroPadding2D(((2, 1), (1, 0)))(x))

    def shared(x: Any) -> Any:
        twice = layers.Conv2D(channels, 3, padding="same", activation="tanh")
        return twice(twice(x))

    def nested(x: Any) -> Any:
        inside = [keras.Input((None, None, channels)), layers.Conv2D(channels, 1), layers.BatchNormalization()]
        return keras.Sequential(inside)(x)

    def joined(x: Any) -> Any:
        return layers.Concatenate()([x, layers.Conv2D(4, 5, padding="same", activation="relu")(x)])

    def highest(x: Any) -> Any:
        return layers.Maximum()([x, layers.Conv2D(channels, 1)(x)])

    choices: list[Callable[[Any], Any]] = [
        layers.Conv2D(int(integer(4, 16)), int(integer(1, 6)), padding="same"),
        layers.Conv2D(channels, 3, padding="same", dilation_rate=2),
        layers.Conv2D(channels, 3, padding="same", groups=2 if channels % 2 == 0 else 1),
        layers.Conv2D(channels, (1, 5), padding="same", use_bias=False),
        layers.DepthwiseConv2D(3, padding="same", depth_multiplier=int(integer(1, 3))),
        layers.SeparableConv2D(int(integer(4, 12)), 3, padding="same"),
        layers.Conv2DTranspose(int(integer(4, 12)), 3, padding="same"),
        layers.BatchNormalization(),
        layers.GroupNormalization(-1),
        layers.GroupNormalization(2 if channels % 2 == 0 else 1),
        layers.LayerNormalization(),
        layers.UnitNormalization(),
        layers.RMSNormalization(),
        layers.SpectralNormalization(layers.Conv2D(8, 3, padding="same")),
        layers.Activation(str(generator.choice(ACTIVATIONS))),
        layers.Activation(str(generator.choice(ACTIVATIONS))),
        layers.LeakyReLU(0.2),
        layers.PReLU(shared_axes=(1, 2)),
        layers.ReLU(6.0),
        layers.Softmax(),
        layers.Dense(int(integer(4, 12))),
        layers.Dropout(0.3),
        layers.SpatialDropout2D(0.3),
        layers.GaussianNoise(0.3),
        layers.GaussianDropout(0.3),
        layers.AlphaDropout(0.3),
        layers.RandomFlip(),
        layers.RandomTranslation(0.1, 0.1),
        layers.MaxPooling2D(3, 1, padding="same"),
        layers.AveragePooling2D(3, 1, padding="same"),
        layers.Rescaling(0.5, 0.1),
        *(residual, squeezed, attending, padded, cropped, shared, nested, joined, highest),
    ]
    return choices[int(integer(len(choices)))](x)


def _larger(x: Any, generator: Any) -> Any:
    """Twice the sides."""
    import keras

    layers = keras.layers
    shape = x.shape
    ways: list[Callable[[Any], Any]] = [
        layers.UpSampling2D(2),
        layers.UpSampling2D(2, interpolation="bilinear"),
        layers.Conv2DTranspose(8, 4, 2, padding="same"),
        layers.Conv2DTranspose(8, 3, 2, padding="same"),
        layers.Conv2DTranspose(8, 2, 2),
    ]
    if None not in shape[1:3]:
        size = (2 * shape[1], 2 * shape[2])
        ways += [layers.Resizing(*size, interpolation=way) for way in ("bilinear", "nearest", "bicubic", "lanczos3")]
    return ways[int(generator.integers(len(ways)))](x)


def _pooled(x: Any, generator: Any) -> Any:
    import keras

    return (keras.layers.MaxPooling2D if generator.random() < 0.5 else keras.layers.AveragePooling2D)(2)(x)


def _weighted(model: Any, generator: Any) -> Any:
    """With weights and statistics as after training."""
    import numpy as np

    for weight in model.weights:
        if weight.dtype != "float32":
            continue
        fan_in = np.prod(weight.shape[:-1]) if len(weight.shape) > 1 else 9
        values = generator.normal(size=weight.shape) * (1.2 / fan_in**0.5)
        weight.assign(1 + np.abs(values) if "variance" in weight.path or "gamma" in weight.path else values)
    return model


def _latents(given: dict[str, Any]) -> Any:
    return [given["latent"], given["label"][:, None]] if "label" in given else given["latent"]


def _pictures(given: dict[str, Any]) -> Any:
    return given["image"]


def result(number: int) -> str:
    """What becomes of a network: `bundle`, `wrong`, or why it is refused. What is neither is raised."""
    import numpy as np

    import serving
    from export import ParityError, bundle_networks

    network = drawn(number)
    with tempfile.TemporaryDirectory() as folder:
        try:
            bundle = bundle_networks(Path(folder, "b"), **{network.role: network.model}, **network.options)
        except (serving.InputError, ParityError) as error:
            return f"{type(error).__name__}: {error}"
        opened, generator = serving.load(bundle), np.random.default_rng(number)
        low, high = network.options.get("range", (0.0, 1.0) if network.last == "sigmoid" else (-1.0, 1.0))
        if network.role == "decoder":
            given: dict[str, Any] = {"latent": generator.normal(size=(5, LATENT)).astype(np.float32)}
            if "classes" in network.options:
                given["label"] = np.arange(5) % len(CLASSES)
            received = opened.decode(given["latent"], labels=given.get("label"))
        else:
            channels = opened.manifest.image.channels
            images = generator.integers(0, 256, (2, 16, 24, channels), dtype=np.uint8)
            given = {"image": (low + (high - low) * images.astype(np.float64) / 255).astype(np.float32)}
            received = opened.encode(images) if network.role == "encoder" else opened.translate(images)
        expected = np.asarray(network.model(network.inside(given), training=False), np.float64)
        if network.role == "encoder":
            return DONE if np.abs(received - expected).max() <= 1e-3 * max(1.0, np.abs(expected).max()) else WRONG
        levels = np.rint(np.clip((expected - low) / (high - low) * 255, 0, 255))
        return DONE if np.abs(received.astype(int) - levels).max() <= 1 else WRONG


def main(count: int = COUNT, first: int = 0) -> None:
    """Prints what becomes of each network that is no bundle, and how many of each kind there are."""
    warnings.simplefilter("ignore")
    found: Counter[str] = Counter()
    for number in range(first, first + count):
        what = result(number)
        kind = what if what in (DONE, WRONG) else what.partition("Received: ")[0]
        found[kind] += 1
        if what != DONE:
            print(number, what, flush=True)
    for kind, many in found.most_common():
        print(f"{many:4d} {100 * many / count:5.1f} %  {kind}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

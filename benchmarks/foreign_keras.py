"""Networks of Keras as tutorials have them, through `keras-gen bundle`: the table of `docs/own_network.md`.

Every architecture is written from its paper's description, has random weights, and is tried as a `.keras` file, as an
`.h5` file and as a SavedModel.
"""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

FORMS = ("keras", "h5", "SavedModel")


def dcgan(upsampling: bool = False) -> Any:
    """Radford et al. 2016: a dense layer, then transposed convolutions, or upsampling and convolutions."""
    import keras

    layers = keras.layers
    x = z = keras.Input((64,), name="z")
    x = layers.Reshape((4, 4, 64))(layers.Dense(4 * 4 * 64, use_bias=False)(x))
    for filters in (32, 16):
        x = layers.ReLU()(layers.BatchNormalization()(x))
        if upsampling:
            x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(layers.UpSampling2D()(x))
        else:
            x = layers.Conv2DTranspose(filters, 4, 2, padding="same", use_bias=False)(x)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    return keras.Model(z, layers.Conv2DTranspose(3, 4, 2, padding="same", activation="tanh")(x), name="dcgan")


def dense_decoder() -> Any:
    """Kingma & Welling 2014: one hidden layer, 28x28 pixels as an image of one channel."""
    import keras

    layers = keras.layers
    z = keras.Input((2,), name="z")
    x = layers.Dense(784, activation="sigmoid")(layers.Dense(200, activation="tanh")(z))
    return keras.Model(z, layers.Reshape((28, 28, 1))(x), name="dense_decoder")


def convolutional_decoder() -> Any:
    """The same with transposed convolutions."""
    import keras

    layers = keras.layers
    z = keras.Input((8,), name="z")
    x = layers.Reshape((7, 7, 16))(layers.Dense(7 * 7 * 16, activation="relu")(z))
    for filters in (16, 8):
        x = layers.Conv2DTranspose(filters, 3, 2, padding="same", activation="relu")(x)
    made = layers.Conv2DTranspose(1, 3, padding="same", activation="sigmoid")(x)
    return keras.Model(z, made, name="convolutional_decoder")


def unet() -> Any:
    """Isola et al. 2017: strided convolutions and transposed ones with skips, batch normalization, dropout."""
    import keras

    layers = keras.layers
    x = image = keras.Input((64, 64, 3), name="image")
    skips = []
    for filters in (8, 16, 32, 32):
        x = layers.Conv2D(filters, 4, 2, padding="same", use_bias=False)(x)
        x = layers.LeakyReLU(0.2)(layers.BatchNormalization()(x))
        skips.append(x)
    for filters, skip in zip((32, 16, 8), skips[-2::-1], strict=True):
        x = layers.BatchNormalization()(layers.Conv2DTranspose(filters, 4, 2, padding="same", use_bias=False)(x))
        x = layers.ReLU()(layers.Dropout(0.5)(x))
        x = layers.Concatenate()([x, skip])
    return keras.Model(image, layers.Conv2DTranspose(3, 4, 2, padding="same", activation="tanh")(x), name="unet")


def resnet() -> Any:
    """Zhu et al. 2017: instance normalization, residual blocks between two strided convolutions and back, any size."""
    import keras

    layers = keras.layers

    def normalized(x: Any) -> Any:
        return layers.GroupNormalization(-1, epsilon=1e-5)(x)

    x = image = keras.Input((None, None, 3), name="image")
    x = layers.ReLU()(normalized(layers.Conv2D(8, 7, padding="same")(x)))
    for filters in (16, 32):
        x = layers.ReLU()(normalized(layers.Conv2D(filters, 3, 2, padding="same")(x)))
    for _ in range(2):
        inner = layers.ReLU()(normalized(layers.Conv2D(32, 3, padding="same")(x)))
        x = layers.Add()([x, normalized(layers.Conv2D(32, 3, padding="same")(inner))])
    for filters in (16, 8):
        x = layers.ReLU()(normalized(layers.Conv2DTranspose(filters, 3, 2, padding="same")(x)))
    return keras.Model(image, layers.Conv2D(3, 7, padding="same", activation="tanh")(x), name="resnet")


def style() -> Any:
    """Karras et al. 2019: a mapping network, styles that scale and shift normalized maps, and noise as inputs."""
    import keras

    layers = keras.layers
    z = keras.Input((16,), name="z")
    w = layers.LayerNormalization()(z)
    for _ in range(3):
        w = layers.LeakyReLU(0.2)(layers.Dense(16)(w))
    start = layers.Reshape((4, 4, 16))(layers.Dense(256, use_bias=False)(layers.Rescaling(0.0, 1.0)(z)))
    x, noises = start, []
    for side in (4, 8, 16):
        if side > 4:
            x = layers.Conv2D(16, 3, padding="same")(layers.UpSampling2D(interpolation="bilinear")(x))
        noise = keras.Input((side, side, 1), name=f"noise_{side}")
        noises.append(noise)
        x = layers.Add()([x, layers.Conv2D(16, 1, use_bias=False)(noise)])
        x = layers.GroupNormalization(-1, center=False, scale=False)(layers.LeakyReLU(0.2)(x))
        gain, shift = (layers.Reshape((1, 1, 16))(layers.Dense(16)(w)) for _ in range(2))
        x = layers.Add()([layers.Multiply()([x, gain]), shift])
    return keras.Model([z, *noises], layers.Conv2D(3, 1, activation="tanh")(x), name="style")


STYLE_INPUTS = {"z": "latent", "noise_4": "latent", "noise_8": "latent", "noise_16": "latent"}
NETWORKS: dict[str, tuple[str, Callable[[], Any], dict[str, Any]]] = {
    "DCGAN, transposed convolutions": ("decoder", dcgan, {}),
    "DCGAN, upsampling": ("decoder", lambda: dcgan(upsampling=True), {}),
    "VAE decoder, dense": ("decoder", dense_decoder, {}),
    "VAE decoder, convolutions": ("decoder", convolutional_decoder, {}),
    "pix2pix U-Net, batch normalization": ("translator", unet, {}),
    "CycleGAN ResNet, any size": ("translator", resnet, {}),
    "StyleGAN-like, noise inputs": ("decoder", style, {"inputs": STYLE_INPUTS}),
}


def weighted(model: Any) -> Any:
    """With weights and statistics as after training."""
    import numpy as np

    generator = np.random.default_rng(0)
    for weight in model.weights:
        fan_in = np.prod(weight.shape[:-1]) if len(weight.shape) > 1 else 9
        values = generator.normal(size=weight.shape) * (1.2 / fan_in**0.5)
        weight.assign(1 + np.abs(values) if "variance" in weight.path or "gamma" in weight.path else values)
    return model


def tried(name: str, form: str, folder: Path) -> float:
    """The largest difference of the pictures of a network's bundle, in grey levels."""
    from export import bundle_networks
    from serving import Manifest

    role, build, options = NETWORKS[name]
    model = weighted(build())
    place = folder / ("saved" if form == "SavedModel" else f"network.{form}")
    if form == "SavedModel":
        model.export(place, verbose=False)
    else:
        model.save(place)
    manifest = Manifest.read(bundle_networks(folder / "bundle", **{role: place}, **options))
    outputs = manifest.parity["decoder" if role == "decoder" else "a_to_b"]
    return outputs["image" if role == "decoder" else "translation"]


def main() -> None:
    """Prints the table."""
    warnings.simplefilter("ignore")
    print(f"| network | {' | '.join(FORMS)} |\n|{'---|' * (1 + len(FORMS))}")
    for name in NETWORKS:
        cells = []
        for form in FORMS:
            with tempfile.TemporaryDirectory() as folder:
                cells.append(f"{tried(name, form, Path(folder)):g}")
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()

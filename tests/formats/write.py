"""Writes what `test_formats.py` reads: tiny models as `.keras` files, bundles, and what they compute.

    python tests/formats/write.py FOLDER vae gan cyclegan dann

With the checkout of another commit in front of PYTHONPATH it writes that commit's format: it uses no more than every
commit has. Files that are there once stay as they are; a new format gets a folder of its own.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path

import keras
import numpy as np
import onnxruntime

import export
import keras_gen
import serving

MLP = {"name": "mlp", "units": [6]}
DCGAN = {"name": "dcgan", "filters": 4}
LENET = {"name": "lenet", "units": [8]}
EXTRACTOR = {"name": "lenet", "filters": [4, 6], "kernel_size": 3, "padding": "same", "dropout": [0.2, 0.5]}
SIZE = (8, 8, 1)
MODELS = {
    "vae": ("VAE", {"image_shape": SIZE, "latent_dim": 3, "encoder": MLP, "decoder": MLP}),
    "gan": ("GAN", {"image_shape": SIZE, "latent_dim": 3, "generator": DCGAN, "discriminator": DCGAN}),
    "cyclegan": (
        "CycleGAN",
        {
            "image_shape": SIZE,
            "generator": {"name": "resnet", "filters": 2, "blocks": 1},
            "discriminator": {"name": "patchgan", "receptive_field": 16, "filters": 2},
        },
    ),
    "dann": (
        "DANN",
        {
            "image_shape": SIZE,
            "classes": ("a", "b", "c"),
            "feature_extractor": EXTRACTOR,
            "label_predictor": LENET,
            "domain_classifier": LENET,
        },
    ),
}
WITH_BUNDLE = ("vae", "cyclegan")
STEP = 3
SHOWN = 6


def made(name: str) -> keras.Model:
    """The model with weights that a seed gives, after some steps."""
    kind, arguments = MODELS[name]
    model = getattr(keras_gen, kind)(**arguments, seed=5)
    rng = np.random.default_rng(7)
    # Few different numbers make small archives.
    drawn = [np.round(8 * rng.normal(0, 0.3, w.shape)) / 8 if w.ndim > 1 else w for w in model.get_weights()]
    model.set_weights(drawn)
    model.noise.step.assign(STEP)
    return model


def before(tensor: str) -> str:
    """What a tensor was called when the files were written."""
    return {"use_own_statistics": "own", "measured_statistics": "measured"}.get(tensor, tensor)


def inputs(network: keras.Model) -> dict[str, np.ndarray]:
    """Two rows of what a network takes, of 8x8 pixels where any size is taken."""
    rng = np.random.default_rng(0)
    shapes = {name: tensor.shape[1:] for name, tensor in network.input.items()}
    return {
        name: rng.uniform(-1, 1, (2, *(side or 8 for side in shape))).astype(np.float32)
        for name, shape in sorted(shapes.items(), key=lambda item: before(item[0]))
    }


def computed(model: keras.Model) -> dict[str, dict[str, list[float]]]:
    """Network -> output -> its first numbers."""
    return {
        name: {before(output): shown(values) for output, values in network(inputs(network), training=False).items()}
        for name, network in model.inference_networks().items()
    }


def served(bundle: Path) -> dict[str, list[float]]:
    """What a bundle computes in ONNX Runtime: first numbers of each."""
    picture = np.arange(64, dtype=np.uint8).reshape(1, 8, 8, 1) * 3
    directions = {"b": bundle / "a_to_b.onnx", "a": bundle / "b_to_a.onnx"}
    if directions["b"].exists():  # the first bundles of translators are older than what translates with them here
        networks = {to: onnxruntime.InferenceSession(path) for to, path in directions.items()}
        return {to: shown(network.run(["translation"], {"image": picture})[0]) for to, network in networks.items()}
    loaded = serving.load(bundle, provider="cpu")
    codes = loaded.encode(picture)
    return {"sample": shown(loaded.sample(2, seed=3)), "code": shown(codes), "decoded": shown(loaded.decode(codes))}


def shown(values: object) -> list[float]:
    """The first numbers of an array."""
    return np.asarray(values, np.float64).reshape(-1)[:SHOWN].round(7).tolist()


def packed(files: dict[str, bytes], target: Path) -> None:
    """Writes a compressed archive, which Keras reads like its own."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED, 9)


def write(name: str, folder: Path) -> None:
    """Writes `name.keras`, `name.zip` with a bundle, and `name.json` with what they compute."""
    model = made(name)
    folder.mkdir(parents=True, exist_ok=True)
    found: dict[str, object] = {"keras": computed(model)}
    with tempfile.TemporaryDirectory() as temporary:
        saved, bundle = Path(temporary, f"{name}.keras"), Path(temporary, "bundle")
        model.save(saved)
        with zipfile.ZipFile(saved) as archive:
            packed({entry: archive.read(entry) for entry in archive.namelist()}, folder / saved.name)
        if name in WITH_BUNDLE:
            export.export_bundle(model, bundle)
            found["bundle"] = served(bundle)
            shutil.rmtree(bundle / "saved_model")
            files = {path.name: path.read_bytes() for path in bundle.iterdir() if path.suffix in (".json", ".onnx")}
            packed(files, folder / f"{name}.zip")
    (folder / f"{name}.json").write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    for each in sys.argv[2:]:
        write(each, Path(sys.argv[1]))

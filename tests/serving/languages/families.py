"""A bundle of every model, exported from networks that nobody has trained."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np

import export
from keras_gen.models import model_class
from keras_gen.priors import PriorOptions, fit_prior

SHAPE = (8, 8, 1)
COLOUR = (16, 24, 3)
OPACITY, BANDS = (16, 24, 4), (8, 8, 5)
CLASSES = ("zero", "one", "two")
DENSE = {"name": "mlp", "units": [16]}
CODER = {"image_shape": SHAPE, "latent_dim": 3, "encoder": DENSE, "decoder": DENSE}
PLAYERS = {
    "generator": {"name": "dcgan", "filters": 4},
    "discriminator": {"name": "dcgan", "filters": 4},
}
STYLED = {"name": "stylegan", "filters": 4, "style_dim": 8}
TRANSLATING: dict[str, Any] = {
    "image_shape": COLOUR,
    "discriminator": {"name": "patchgan", "receptive_field": 16, "filters": 4},
}
ATTENTIVE = {"name": "biggan", "filters": 8, "shared_dim": 4, "attention": 4}
CODE_MAP = {
    "image_shape": SHAPE,
    "encoder": {"name": "conv", "filters": 4, "blocks": 1},
    "decoder": {"name": "conv", "filters": 4, "blocks": 1},
    "codes": 8,
    "code_size": 4,
}
FAMILIES: dict[str, dict[str, Any]] = {
    "aae": {**CODER, "latent_dim": 4, "discriminator": DENSE, "prior": "mixture"},
    "ae_gan": {"image_shape": SHAPE, "latent_dim": 4, "encoder": DENSE, **PLAYERS},
    "autoencoder": CODER,
    "bigan": {"image_shape": SHAPE, "latent_dim": 4, "encoder": DENSE, **PLAYERS, "discriminator": DENSE},
    "biggan": {
        "image_shape": (16, 16, 3),
        "classes": CLASSES,
        "latent_dim": 4,
        "generator": ATTENTIVE,
        "discriminator": {"name": "biggan", "filters": 8, "attention": 0},
        "standing_batches": 0,
    },
    "clustering_aae": {
        **CODER,
        "latent_dim": 5,
        "clusters": 3,
        "cluster_discriminator": DENSE,
        "style_discriminator": DENSE,
    },
    "code_prior": {
        "image_shape": SHAPE,
        "classes": CLASSES,
        "coder": lambda: model_class("vq_vae")(**CODE_MAP),
        "predictor": {"name": "transformer", "width": 8, "blocks": 1, "heads": 2},
        "conditional": True,
        "steps": 3,
    },
    "conditional_gan": {"image_shape": SHAPE, "classes": CLASSES, "latent_dim": 4, **PLAYERS, "generator": STYLED},
    "conditional_vae": {**CODER, "classes": CLASSES},
    "coupled_gan": {"image_shape": SHAPE, "classes": CLASSES, "latent_dim": 4, **PLAYERS},
    "cut": {**TRANSLATING, "generator": {"name": "unet", "filters": 4}, "noise_dim": 3},
    # With a mask beside each translation, which is an output that programs need not ask for.
    "cyclegan": {**TRANSLATING, "generator": {"name": "resnet", "filters": 4, "blocks": 1}, "attention": True},
    "dann": {
        "image_shape": SHAPE,
        "classes": CLASSES,
        "feature_extractor": {"name": "lenet", "filters": [4]},
        "label_predictor": {"name": "lenet", "units": [8]},
        "domain_classifier": {"name": "lenet", "units": [8]},
    },
    "denoising_autoencoder": CODER,
    "factor_vae": {**CODER, "discriminator": DENSE},
    "gan": {"image_shape": SHAPE, "latent_dim": 4, **PLAYERS},
    "hierarchical_vae": {"image_shape": SHAPE, "encoder": DENSE, "decoder": DENSE, "level_sizes": (2, 3)},
    "info_gan": {"image_shape": SHAPE, "latent_dim": 6, "categories": 3, "continuous": 1, **PLAYERS},
    "pix2pix": {**TRANSLATING, "image_shape": OPACITY, "generator": {"name": "unet", "filters": 4}},
    "semi_supervised_aae": {**CODER, "classes": CLASSES, "class_discriminator": DENSE, "style_discriminator": DENSE},
    "sparse_autoencoder": CODER,
    "star_gan": {**TRANSLATING, "classes": CLASSES, "generator": {"name": "unet", "filters": 4}},
    "vae": {**CODER, "encoder": {"name": "conv", "filters": 4}, "decoder": {"name": "conv", "filters": 4}},
    "vae_gan": {**CODER, "image_shape": BANDS, "discriminator": {"name": "dcgan", "filters": 4}},
    "vq_vae": CODE_MAP,
}

# Priors that are fitted to codes.
FITTED = {"sparse_autoencoder": "mixture"}
# Whose latent is another than that of training, and noise of layers behind it.
STYLED_BUNDLES = {"conditional_gan": {"space": "w", "layer_noise": "drawn"}}


def write_families(place: Path) -> dict[str, Path]:
    """Name -> bundle, in folders of `place`."""
    return {name: write_family(name, place / name) for name in FAMILIES}


def write_family(name: str, folder: Path, **options: Any) -> Path:
    """The bundle of a model, whose pictures use the whole range of grey levels; options are those of an export."""
    return export.export_bundle(_model(name), folder, **STYLED_BUNDLES.get(name, {}), **options)


def _model(name: str) -> keras.Model:
    keras.utils.set_random_seed(1)
    # A network within another is made when it is asked for, and not when this module is imported.
    made = {option: value() if callable(value) else value for option, value in FAMILIES[name].items()}
    model = model_class(name)(**made)
    rng = np.random.default_rng(2)
    for variable in model.variables:
        if variable.path.endswith("codebook"):
            variable.assign(rng.normal(size=variable.shape))
        if variable.path.endswith("kernel"):
            inputs = np.prod(variable.shape) / variable.shape[-1]
            variable.assign(rng.normal(0, 1.5 / np.sqrt(inputs), variable.shape))
        if variable.path.endswith("strength"):
            variable.assign(0.5)
    if name in FITTED:
        codes = rng.gamma(2.0, size=(200, model.latent_dim))
        model.use_prior(fit_prior(model, codes, FITTED[name], PriorOptions(components=3)))
    return model

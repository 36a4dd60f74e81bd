from __future__ import annotations

import keras
import pytest

import export
import keras_gen

MLP = {"name": "mlp", "units": (16,)}
SHAPES = {"image_shape": (8, 8, 1), "encoder": MLP, "decoder": MLP}
CLASSES = ("zero", "one", "two")


@pytest.fixture(scope="session")
def write(tmp_path_factory):
    """The bundle of a model as it was initialized."""

    def written(model_class, **arguments):
        keras.utils.set_random_seed(0)
        return export.export_bundle(model_class(**arguments), tmp_path_factory.mktemp("bundles") / "bundle")

    return written


@pytest.fixture(scope="session")
def of_classes(write):
    """A bundle whose encoder and decoder see a label."""
    return write(keras_gen.ConditionalVAE, **SHAPES, classes=CLASSES, latent_dim=2)


@pytest.fixture(scope="session")
def of_parts(write):
    """A bundle whose noise sees a label, and its decoder does not."""
    return write(keras_gen.AAE, **SHAPES, classes=CLASSES, latent_dim=2, prior="mixture", condition="prior")


@pytest.fixture(scope="session")
def of_domains(write):
    """A bundle that tells classes apart."""
    return write(
        keras_gen.DANN,
        image_shape=(8, 8, 1),
        classes=CLASSES,
        feature_extractor={"name": "lenet", "filters": [4, 6], "kernel_size": 3, "padding": "same"},
    )

"""Fixtures that several rooms share. Four logical CPU devices stand for accelerators in every test."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import HealthCheck, settings

import export
import keras_gen
from tests import model_hub
from tests.harness import ModelContract, seed_initializers, smooth_pictures
from tests.translators import write_bundles

tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 4
)

# The same examples every time, however busy the machine is.
settings.register_profile(
    "suite", derandomize=True, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("suite")


@pytest.fixture(autouse=True)
def _seeded(request: pytest.FixtureRequest) -> None:
    if request.cls is not None and issubclass(request.cls, ModelContract):
        seed_initializers()
    else:
        keras.utils.set_random_seed(0)


@pytest.fixture(scope="session")
def pictures() -> np.ndarray:
    return smooth_pictures()


@pytest.fixture(scope="session")
def small_vae(pictures: np.ndarray) -> keras.Model:
    """A VAE with a 2-D latent, trained for a moment."""
    keras.utils.set_random_seed(0)
    model = keras_gen.VAE(image_shape=(8, 8, 1), latent_dim=2, encoder={"name": "conv", "filters": 8, "units": 32})
    model.compile(optimizer="adam")
    model.fit(pictures, batch_size=32, epochs=2, verbose=0)
    return model


@pytest.fixture(scope="session")
def vae_bundle(small_vae: keras.Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The exported `small_vae`. Tests that damage it must copy it."""
    return export.export_bundle(small_vae, tmp_path_factory.mktemp("bundles") / "vae")


@pytest.fixture(scope="session")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Bundles whose translations are known."""
    return write_bundles(tmp_path_factory.mktemp("translators"))


@pytest.fixture
def somewhere(vae_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A reader's folder, the current one, with the bundle `bundles/vae` of the pages."""
    shutil.copytree(vae_bundle, tmp_path / "bundles" / "vae")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def of_classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle of a model of three classes, as it is before training."""
    keras.utils.set_random_seed(0)
    coder = {"name": "mlp", "units": (8,)}
    model = keras_gen.ConditionalVAE((8, 8, 1), ("zero", "one", "two"), latent_dim=2, encoder=coder, decoder=coder)
    return export.export_bundle(model, tmp_path_factory.mktemp("bundles") / "of_classes")


@pytest.fixture
def page(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in place of the built page, which takes Node and npm's packages."""
    folder = tmp_path_factory.mktemp("page") / "dist"
    (folder / "assets").mkdir(parents=True)
    for name in ("index.html", "service_worker.js", "assets/index.js"):
        (folder / name).write_text(name)
    monkeypatch.setattr("serving.page.built.DIST", folder)
    return folder


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[model_hub.ModelHub]:
    """An empty model hub on loopback, which the commands and `serving` use, with an empty cache."""
    from huggingface_hub import constants

    stand_in = model_hub.ModelHub()
    server = model_hub.serve(stand_in)
    url = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr(constants, "ENDPOINT", url)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", url + "/{repo_id}/resolve/{revision}/{filename}")
    monkeypatch.setenv("HF_TOKEN", "hf_of_the_tests")
    monkeypatch.setenv("KERAS_GEN_CACHE", str(tmp_path / "cache"))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield stand_in
    server.shutdown()
    server.server_close()
    thread.join()

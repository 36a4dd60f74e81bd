"""Train generative models with Keras `fit`, export them, and run them anywhere.

The models (`keras_gen.VAE`, `keras_gen.GAN`, ...), and what a model of your own is made of (`keras_gen.BaseModel`,
`keras_gen.ModelSpec`, `keras_gen.Move`, ...), are loaded on first use: commands that only read bundles never pay for
importing TensorFlow.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from typing import Any

from keras_gen.beside_keras import once_keras_is_there

__version__ = "0.1.0"

os.environ.setdefault("KERAS_BACKEND", "tensorflow")


def _register_models() -> None:
    """`keras.saving.load_model` knows our classes once they are imported. `import keras_gen` beside `import keras`, in
    either order, is enough for that; where Keras is imported by one of our own modules, the models need what is still
    being imported, and come with `keras_gen.models`. Beside a Keras without TensorFlow there are no models."""
    if importlib.util.find_spec("tensorflow") is None:
        return
    own = (module for name, module in sys.modules.items() if name.startswith("keras_gen."))
    if not any(getattr(module.__spec__, "_initializing", False) for module in own):
        importlib.import_module("keras_gen.models")


once_keras_is_there(_register_models)

# What a model of a user's own is made of.
_PARTS_OF_MODELS = {
    "BaseModel": "training.base",
    "AdversarialModel": "training.adversarial",
    "GenerativeAdversarialModel": "training.generative",
    "ModelSpec": "training.spec",
    "Move": "training.moves",
    "Moves": "training.moves",
    "OptimizerSpec": "training.optimizers",
}


def __getattr__(name: str) -> Any:
    """Models by class name (`keras_gen.VAE`), what they are made of (`keras_gen.BaseModel`), everything else as a
    submodule (`keras_gen.data`)."""
    if name in _PARTS_OF_MODELS:
        return getattr(importlib.import_module(f"keras_gen.{_PARTS_OF_MODELS[name]}"), name)
    if name[:1].isupper():
        models = importlib.import_module("keras_gen.models")
        if name in vars(models):
            return vars(models)[name]
    elif not name.startswith("_") and importlib.util.find_spec(f"keras_gen.{name}"):
        return importlib.import_module(f"keras_gen.{name}")
    raise AttributeError(f"module 'keras_gen' has no attribute {name!r}")

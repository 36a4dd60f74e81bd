"""`keras-gen COMMAND ...`."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence

from keras_gen.cli.notes import notes
from serving.common.errors import InputError, nearest

COMMANDS = {
    "train": "train a model into a run directory, or continue one",
    "prepare": "decode and resize pictures once, to train from the disk",
    "launch": "train in several processes of this machine",
    "export": "write a bundle of a trained model",
    "evaluate": "measure a run or a bundle on data",
    "sample": "draw pictures from a bundle",
    "translate": "pictures, folders or videos to another domain",
    "reconstruct": "pictures beside their reconstructions",
    "encode": "codes of pictures, as an array",
    "classify": "classes of pictures, or how many of a data set are found",
    "features": "codes of a data set, as an array for a classifier",
    "compress": "pictures as a small file of quantized codes",
    "decompress": "the pictures of such a file",
    "interpolate": "the way between pictures, or between samples",
    "invert": "latents of pictures, by optimization where there is no encoder",
    "manifold": "pictures over two dimensions of the latent space",
    "traverse": "one latent dimension at a time",
    "latent": "codes of a data set by class, beside draws of the prior",
    "neighbours": "samples beside the training pictures nearest to them",
    "attribute": "pictures with more or less of what sets some pictures apart",
    "info": "say what a bundle holds, and check it",
    "demo": "train, export and sample a VAE and a GAN on handwritten digits",
}
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code.

    0 is success, 1 a failure of the work itself (a loss that is not finite, an export that differs from
    Keras), 2 a mistake in what was asked for, 130 an interruption from the keyboard.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    # TensorFlow's and XLA's notes about what they were built with are not for users of a command.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        with notes() as said:
            code = _run(words)
            if code == 0:
                said.print()
            return code
    except InputError as error:
        print(f"keras-gen: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt as stop:
        print(f"keras-gen: stopped. {stop}".rstrip(), file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone; there is nobody left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        if not _is_expected_failure(error):
            raise
        print(f"keras-gen: {' '.join(str(error).split())}", file=sys.stderr)
        return 1


def _run(words: list[str]) -> int:
    if not words or words[0] in ("-h", "--help"):
        print(_help())
        return 0
    if words[0] == "--version":
        from keras_gen import __version__

        print(f"keras-gen {__version__}")
        return 0
    name, *rest = words
    if name not in COMMANDS:
        raise InputError(
            f"the command must be one of {', '.join(COMMANDS)}. Received: {name!r}.{nearest(name, list(COMMANDS))}"
        )
    command = importlib.import_module(f"keras_gen.cli.{name}")
    try:
        return command.run(rest)
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing in ("keras_gen", "export", "serving"):
            raise
        extras = {**dict.fromkeys(("onnxruntime", "PIL", "numpy", "matplotlib"), "serve"), "av": "video", "ray": "ray"}
        extra = extras.get(missing, "train,serve")
        raise InputError(
            f"`keras-gen {name}` needs the package {missing!r}: pip install 'keras-gen[{extra}]'. Received: none."
        ) from error


def _help() -> str:
    lines = ["usage: keras-gen COMMAND ...", "", "commands:"]
    lines += [f"  {name:<11} {what}" for name, what in COMMANDS.items()]
    return "\n".join([*lines, "", "keras-gen COMMAND --help says more about each."])


def _is_expected_failure(error: Exception) -> bool:
    """Whether a loaded part of the project raised its own failure; nothing is imported to find out."""
    failures = (
        ("keras_gen.training.callbacks.finite", "NonFiniteLossError"),
        ("export.parity", "ParityError"),
        ("export.quantized", "QualityError"),
    )
    return any(
        module in sys.modules and isinstance(error, getattr(sys.modules[module], name)) for module, name in failures
    ) or isinstance(error, OSError)

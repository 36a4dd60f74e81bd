"""`keras-gen COMMAND ...`."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Sequence

from keras_gen.cli.notes import notes
from serving.common.errors import InputError, nearest
from serving.common.exit_codes import ExitCode

GROUPS = {
    "train": {
        "train": "train a model into a run directory, or resume a run",
        "watch": "show how runs are going, as a page on this machine",
        "data": "show the pictures of a data set as a network would see them",
        "prepare": "decode and resize pictures once, to train from disk",
        "launch": "train in several processes on this machine",
        "fit-prior": "fit a prior to the codes of a run, by which it can be sampled",
        "demo": "train, export and sample models of handwritten digits, and open them in the browser",
    },
    "export": {
        "export": "write a bundle of a trained model, checked against Keras",
        "bundle": "write a bundle of networks of any origin, checked against them",
        "info": "show what a bundle contains, and verify its files",
        "push": "send a bundle to a model hub",
        "page": "put bundles into a web page that runs them in the browser",
    },
    "sample": {
        "ready": "list the bundles that come with the package, and show what they draw",
        "sample": "draw pictures from a bundle",
        "translate": "translate pictures, folders or videos to another domain",
        "interpolate": "show the pictures between two pictures, or between two samples",
        "manifold": "show pictures over two dimensions of the latent space",
        "traverse": "show what each latent dimension changes",
        "attribute": "add to pictures, or remove from them, what sets some pictures apart",
    },
    "serve": {
        "serve": "serve bundles over HTTP and gRPC",
    },
    "look into": {
        "encode": "write the codes of pictures as an array",
        "reconstruct": "show pictures beside their reconstructions",
        "invert": "find the latents of pictures by optimization, without an encoder",
        "directions": "find the directions in which a style-based generator's pictures change most",
        "latent": "plot the codes of a data set by class, beside draws of the prior",
        "features": "write the codes of a data set as an array, to train a classifier on",
        "compress": "write pictures as a small file of quantized codes",
        "decompress": "write the pictures of a compressed file",
    },
    "measure": {
        "evaluate": "measure a run or a bundle on data",
        "classify": "classify pictures, or measure the accuracy on a data set",
        "anomaly": "score pictures by how unlike they are to those that a model was trained on",
        "neighbours": "show samples beside the training pictures nearest to them",
    },
    "set up": {
        "completion": "print the script that completes commands in bash, zsh or fish",
    },
}
COMMANDS = {name: what for group in GROUPS.values() for name, what in group.items()}
SERVER = (
    "google",
    "grpc",
    "httptools",
    "multipart",
    "orjson",
    "prometheus_client",
    "python_multipart",
    "uvicorn",
    "uvloop",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code, an `ExitCode` or what `keras-gen launch` got from a worker."""
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
        return ExitCode.MISTAKE
    except KeyboardInterrupt as stop:
        print(f"keras-gen: stopped. {stop}".rstrip(), file=sys.stderr)
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone; there is nobody left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.FAILED
    except Exception as error:
        if not _is_expected_failure(error):
            raise
        print(f"keras-gen: {' '.join(str(error).split())}", file=sys.stderr)
        return ExitCode.FAILED


def _run(words: list[str]) -> int:
    if not words or words[0] in ("-h", "--help"):
        print(_help())
        return 0
    if words[0] == "--version":
        from keras_gen.cli.versions import show_version

        show_version(words[1:])
        return 0
    name, *rest = words
    if name not in COMMANDS:
        raise InputError(
            f"the command must be one of {', '.join(COMMANDS)}. Received: {name!r}.{nearest(name, list(COMMANDS))}"
        )
    try:
        return importlib.import_module(f"keras_gen.cli.{name.replace('-', '_')}").run(rest)
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing in ("keras_gen", "export", "serving"):
            raise
        raise InputError(
            f"`keras-gen {name}` needs the package {missing!r}: pip install 'keras-gen[{_extra_of(missing)}]'."
        ) from error


def _extra_of(package: str) -> str:
    """The extra that brings a package. Whoever has an ONNX Runtime is not told to install another one over it."""
    extras = {**dict.fromkeys(("onnxruntime", "matplotlib"), "serve"), "av": "video", "ray": "ray"}
    extras |= {**dict.fromkeys(SERVER, "server"), "opentelemetry": "telemetry"}
    extras |= {"wandb": "wandb", **dict.fromkeys(("mlflow", "sqlalchemy", "alembic"), "mlflow")}
    return extras.get(package, "train" if importlib.util.find_spec("onnxruntime") else "train,serve")


def _help() -> str:
    lines = ["usage: keras-gen COMMAND [options]"]
    for title, group in GROUPS.items():
        lines += ["", f"{title}:", *(f"  {name:<11}  {what}" for name, what in group.items())]
    lines += ["", "'keras-gen COMMAND --help' lists the options of a command."]
    return "\n".join([*lines, "'keras-gen --version --verbose' prints what a report of a bug needs."])


def _is_expected_failure(error: Exception) -> bool:
    """Whether a loaded part of the project raised its own failure; nothing is imported to find out."""
    failures = (
        ("keras_gen.training.callbacks.finite", "NonFiniteLossError"),
        ("export.parity", "ParityError"),
        ("export.quality", "QualityError"),
    )
    return any(
        module in sys.modules and isinstance(error, getattr(sys.modules[module], name)) for module, name in failures
    ) or isinstance(error, OSError)

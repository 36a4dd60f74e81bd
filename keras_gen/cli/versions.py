"""`keras-gen --version`, and with `--verbose` what a report of a fault needs to say of the machine.

Nothing of it names a folder, so that it can be copied into a public issue.
"""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Callable, Iterator, Sequence
from importlib import metadata, util
from pathlib import Path
from typing import Any

from keras_gen import __version__
from serving.common.environment import VARIABLES
from serving.common.errors import InputError, nearest

# Extras whose packages only tests and documentation need.
LEFT_OUT = ("test", "docs")
# What changes how the libraries compute, set by users.
OTHERS_VARIABLES = (
    "CUDA_VISIBLE_DEVICES",
    "KERAS_BACKEND",
    "OMP_NUM_THREADS",
    "ORT_DISABLE_TELEMETRY",
    "TF_DETERMINISTIC_OPS",
    "TF_ENABLE_ONEDNN_OPTS",
    "TF_XLA_FLAGS",
    "XLA_FLAGS",
)
CPU_INFO = Path("/proc/cpuinfo")
WIDTH = 12


def show_version(words: Sequence[str]) -> None:
    """Prints the version, and all that belongs to it with `--verbose`.

    Raises:
        InputError: another word.
    """
    unknown = [word for word in words if word != "--verbose"]
    if unknown:
        raise InputError(
            f"keras-gen --version takes --verbose and nothing else. Received: {unknown[0]}."
            f"{nearest(unknown[0], ['--verbose'])}"
        )
    print(f"keras-gen {__version__}")
    if words:
        for title, text in _facts():
            print(f"{title:<{WIDTH}} {text}")


def _facts() -> Iterator[tuple[str, str]]:
    yield "installed", _installed()
    yield "Python", f"{platform.python_version()} ({platform.python_implementation()})"
    yield "system", platform.platform()
    yield (
        "CPU",
        f"{_cpu()}, {len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count()} cores",
    )
    yield from _packages()
    yield "providers", _tried("onnxruntime", _providers)
    yield "devices", _tried("tensorflow", _devices)
    yield "page", _page()
    for name in sorted({*OTHERS_VARIABLES, *(one.name for one in VARIABLES)} & os.environ.keys()):
        yield "variable", f"{name}={_without_home(os.environ[name])}"


def _installed() -> str:
    """How the package got here."""
    try:
        direct = metadata.distribution("keras-gen").read_text("direct_url.json") or ""
    except metadata.PackageNotFoundError:
        return "no: run from its sources"
    return "editable, from its sources" if re.search(r'"editable": *true', direct) else "yes"


def _packages() -> Iterator[tuple[str, str]]:
    """The packages that are there of those that the extras bring, in one line for each extra; ONNX Runtime's by name,
    since several packages bring the same module."""
    shown: set[str] = set()
    for extra, names in _by_extra().items():
        found = [f"{name} {version}" for name in names if name not in shown and (version := _version(name))]
        shown.update(names)
        if found:
            yield extra, ", ".join(found)


def _by_extra() -> dict[str, list[str]]:
    """The names of packages by the extra that brings them, those of every installation first."""
    try:
        requirements = metadata.requires("keras-gen") or []
    except metadata.PackageNotFoundError:
        requirements = []
    names: dict[str, list[str]] = {}
    for line in requirements:
        extra = re.search(r"""extra == ["']([\w-]+)""", line)
        title = extra[1] if extra else "always"
        if title not in LEFT_OUT and (name := re.match(r"[\w.-]+", line)):
            names.setdefault(title, []).append(name[0])
    return names


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _tried(module: str, found: Callable[[], str]) -> str:
    """What a library finds on this machine, or why it does not start, which is then what a report is about."""
    if util.find_spec(module) is None:
        return f"unknown, without {module}"
    try:
        return found()
    except Exception as error:
        return f"unknown: {module} fails with {type(error).__name__}: {_without_home(' '.join(str(error).split()))}"


def _providers() -> str:
    """ONNX Runtime's execution providers, as it calls them, and what is there of its packages."""
    from serving.runtime.installed import load_runtime, packages

    built = " and ".join(f"{name} {_version(name)}" for name in packages()) or "a build of its own"
    return f"{', '.join(load_runtime().get_available_providers())} of {built}"


def _devices() -> str:
    """What TensorFlow sees."""
    from keras_gen.cli.quiet import quiet_import

    quiet_import()
    import tensorflow as tf

    return ", ".join(_device(tf, device) for device in tf.config.list_physical_devices())


def _device(tf: Any, device: Any) -> str:
    name = tf.config.experimental.get_device_details(device).get("device_name") if device.device_type == "GPU" else None
    return f"{device.name.removeprefix('/physical_device:')}{f' ({name})' if name else ''}"


def _cpu() -> str:
    """The name of the processor, where the system tells one, and its kind."""
    named = re.search(r"^model name\s*:\s*(.+)$", CPU_INFO.read_text(), re.MULTILINE) if CPU_INFO.is_file() else None
    name = named[1] if named else platform.processor()
    return f"{name} ({platform.machine()})" if name and name != platform.machine() else platform.machine()


def _page() -> str:
    from serving.page.built import DIST

    return "built" if (DIST / "index.html").is_file() else "not built"


def _without_home(text: str) -> str:
    home = os.path.expanduser("~")
    return text if home in ("", os.sep) else text.replace(home, "~")

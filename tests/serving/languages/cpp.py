"""The C++ library, built and asked through a small program."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnxruntime

SOURCES = Path(__file__).parents[3] / "serving" / "cpp"
DRIVER = Path(__file__).parent / "cpp_driver"
# Package of Debian -> a file of it.
PACKAGES = {
    "libssl-dev": "openssl/evp.h",
    "nlohmann-json3-dev": "nlohmann/json.hpp",
    "libpng-dev": "png.h",
    "libjpeg-dev": "jpeglib.h",
}
# What is compiled with sanitizers takes three times as long where it is optimized too.
SANITIZED = "-O0 -g1 -fsanitize=address,undefined -fno-sanitize-recover=all -D_GLIBCXX_ASSERTIONS"
TIMEOUT = 300


@cache
def missing() -> str | None:
    """What a build needs and this machine does not have, or None."""
    for tool in ("c++", "cmake"):
        if shutil.which(tool) is None:
            return f"{tool} is not installed"
    for package, header in PACKAGES.items():
        found = subprocess.run(["c++", "-E", "-x", "c++", "-include", header, "/dev/null"], capture_output=True)
        if found.returncode:
            return f"{package} is not installed"
    return None


def wheel_library() -> Path:
    """The library inside the Python package."""
    found = sorted((Path(onnxruntime.__file__).parent / "capi").glob("libonnxruntime.so.*"))
    if not found:
        raise LookupError("the onnxruntime package has no libonnxruntime.so")
    return found[0]


class OnnxRuntime(NamedTuple):
    """Folders that a build needs."""

    include: Path
    library: Path


def fetch_onnxruntime(folder: Path) -> None:
    """ONNX Runtime's headers in `include`, and the Python package's library in `lib`."""
    try:
        called(SOURCES / "fetch_headers.sh", folder, wheel_library())
    except (subprocess.CalledProcessError, OSError, LookupError) as error:
        raise LookupError(f"ONNX Runtime's headers are not to be had: {getattr(error, 'stderr', error)}") from error


def called(*words: object, **options: object) -> str:
    """Standard output of a command that must succeed."""
    result = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=TIMEOUT, **options)  # type: ignore[call-overload]
    if result.returncode:
        raise subprocess.CalledProcessError(
            result.returncode, words, result.stdout, (result.stderr + result.stdout)[-4000:]
        )
    return result.stdout


def run(program: Path, *words: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """A program to its end, with more in its environment."""
    return subprocess.run(
        [program, *map(str, words)], capture_output=True, text=True, timeout=120, env={**os.environ, **environment}
    )


def refused(program: Path, *words: object, **environment: str) -> str:
    """The one line of a program that ends with 2."""
    result = run(program, *words, **environment)
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (2, "", 1), result.stderr
    return result.stderr.rstrip("\n")


def close(found: np.ndarray, expected: np.ndarray) -> None:
    """Asserts that pictures are at most one grey level apart."""
    assert found.shape == expected.shape
    assert np.abs(found.astype(int) - expected.astype(int)).max() <= 1


def configured(sources: Path, build: Path, *settings: str) -> None:
    """Configures and builds a CMake project; the compiler's messages are those of the error."""
    called("cmake", "-S", sources, "-B", build, *settings)
    called("cmake", "--build", build, "--parallel", "2")


def installed(folder: Path, runtime: OnnxRuntime, *settings: str) -> Path:
    """Builds the library and the programs into `folder/prefix` with every warning an error."""
    configured(
        SOURCES,
        folder / "library",
        f"-DORT_INCLUDE_DIR={runtime.include}",
        f"-DORT_LIB_DIR={runtime.library}",
        f"-DCMAKE_INSTALL_PREFIX={folder / 'prefix'}",
        "-DKERAS_GEN_WARNINGS_AS_ERRORS=ON",
        *settings,
    )
    called("cmake", "--install", folder / "library")
    return folder / "prefix"


def build(folder: Path, runtime: OnnxRuntime, sanitized: bool = False) -> None:
    """The library, its programs and the tests' driver in an empty folder.

    Args:
        folder: the empty one.
        runtime: what to build against.
        sanitized: with AddressSanitizer and UndefinedBehaviorSanitizer.
    """
    settings = ["-DCMAKE_BUILD_TYPE=Release"]
    if sanitized:
        settings.append(f"-DCMAKE_CXX_FLAGS_RELEASE={SANITIZED}")
    prefix = installed(folder, runtime, *settings)
    configured(
        DRIVER,
        folder / "driver",
        f"-DCMAKE_PREFIX_PATH={prefix}",
        f"-DKERAS_GEN_SOURCES={SOURCES}",
        *settings,
    )


class Language:
    """The library, which is called in a process for each question.

    Args:
        built: where `build` put it.
        folder: for what the processes exchange.
    """

    def __init__(self, built: Path, folder: Path) -> None:
        self.driver = built / "driver" / "driver"
        self.prefix = built / "prefix"
        self.folder = folder

    def program(self, name: str) -> Path:
        """One of the programs that are installed."""
        return self.prefix / "bin" / name

    def ask(self, command: str, bundle: Path | str, array: np.ndarray | None = None, **options: object) -> np.ndarray:
        """The array that a command of the driver answers with."""
        source, target = self.folder / "in.raw", self.folder / "out.raw"
        words = [f"{name}={_text(value)}" for name, value in options.items() if value is not None]
        if array is not None:
            source.write_bytes(np.ascontiguousarray(array).tobytes())
            words += [f"in={source}", f"shape={_text(array.shape)}"]
        shape = called(self.driver, command, bundle, target, *words)
        floats = command in ("encode", "classify", "latents") or options.get("pixel") == "float"
        values = np.fromfile(target, np.float32 if floats else np.uint8)
        return values.reshape([int(side) for side in shape.split(",")])

    def sample(
        self,
        bundle: Path | str,
        n: int,
        seed: int,
        labels: Sequence[int] | None = None,
        truncation: float | None = None,
    ) -> np.ndarray:
        """uint8 (n, height, width, channels)."""
        return self.ask("sample", bundle, n=n, seed=seed, labels=labels, truncation=truncation)

    def reconstruct(self, bundle: Path | str, images: np.ndarray, labels: Sequence[int] | None = None) -> np.ndarray:
        """uint8 to uint8."""
        return self.ask("reconstruct", bundle, images, labels=labels)

    def classify(self, bundle: Path | str, images: np.ndarray) -> np.ndarray:
        """float32 (n, classes)."""
        return self.ask("classify", bundle, images)

    def translate(self, bundle: Path | str, picture: np.ndarray, to: str | None = None, **answer: int) -> np.ndarray:
        """uint8 (height, width, channels)."""
        return self.ask("translate", bundle, picture[None], to=to, **answer)[0]

    def refusals(self, bundles: Sequence[Path], files: bool) -> list[str]:
        """What each bundle is refused with, empty for one that is not: its manifest, or its other files too."""
        source = self.folder / "in.raw"
        source.write_text("".join(f"{bundle}\n" for bundle in bundles))
        command = "bundles" if files else "manifests"
        return called(self.driver, command, "-", "-", f"in={source}").split("\n")[:-1]

    def close(self) -> None:
        """Nothing goes on between two questions."""


def _text(value: object) -> str:
    several = isinstance(value, Sequence | np.ndarray) and not isinstance(value, str)
    return ",".join(map(str, value)) if several else str(value)  # type: ignore[call-overload]

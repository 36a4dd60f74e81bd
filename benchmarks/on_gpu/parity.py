"""What bundles make on every provider that is present, against what they make on the CPU."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from on_gpu.budget import Clock

import serving
from serving import InputError, Settings, Translator
from serving.common.images import to_uint8
from serving.runtime.providers import CPU, CUDA, TENSORRT, require_present

SIXTEEN = "_fp16"
# As for bundles: one grey level, or what other outputs may differ by, relative to their largest value. Of 16 bits the
# decibels that an export asks for.
GREY_LEVELS, RELATIVE, PSNR = 1, 1e-3, 30.0
BATCHES, COUNT = (1, 3, 17), 17
SIDE, TILE = 40, 32

Arrays = dict[str, np.ndarray]


def providers() -> list[str]:
    """Those that can be tried here, the CPU first."""
    found = [CPU]
    for name in (CUDA, TENSORRT):
        try:
            require_present(name)
        except InputError:
            continue
        found.append(name)
    return found


def bundles_in(folder: Path) -> list[Path]:
    """Folders with a manifest, by name."""
    return sorted(place.parent for place in folder.glob("*/manifest.json"))


def measure(folder: Path, seconds: float) -> int:
    """Prints a row for each bundle, provider, and CUDA graphs on and off.

    Args:
        folder: of the bundles.
        seconds: after which no further row is begun.

    Returns:
        How many rows differ by more than bundles may.
    """
    clock, off, left_out = Clock(seconds), 0, []
    print(
        "| bundle | provider | fixed batches | grey levels | PSNR, dB | other outputs | |\n|" + "---|" * 7, flush=True
    )
    for bundle in bundles_in(folder):
        expected = None
        for provider, fixed in _rows(bundle):
            if not clock.left():
                left_out.append(f"{bundle.name} on {provider}")
                continue
            expected = expected or made(_reference(bundle), Settings(CPU))
            text, fine = _compared(bundle, Settings(provider, fixed_batches=fixed), expected)
            off += not fine
            print(f"| {bundle.name} | {provider} | {'yes' if fixed else 'no'} | {text} |", flush=True)
    if left_out:
        print(f"\nleft out for want of time: {', '.join(left_out)}")
    print(f"\n{off} rows differ by more than they may" if off else "\nall rows are within what bundles may differ by")
    return off


def made(bundle: Path, settings: Settings) -> Arrays:
    """What a bundle can do, by name: pictures, and arrays of other kinds."""
    opened = serving.load(bundle, settings)
    return _translations(opened, bundle, settings) if isinstance(opened, Translator) else _samples(opened)


def difference(made: Arrays, expected: Arrays) -> tuple[float, float, float]:
    """How far apart arrays of the same names are.

    Args:
        made: uint8 pictures, and floats.
        expected: the same.

    Returns:
        Largest difference of pictures in grey levels, PSNR of the worst picture in dB, largest difference of other
        arrays relative to their largest value.
    """
    levels, error, others = 0.0, 0.0, 0.0
    for name, values in made.items():
        apart = np.abs(values.astype(float) - expected[name].astype(float))
        if not np.isfinite(apart).all():
            return float("inf"), float("-inf"), float("inf")
        if values.dtype == np.uint8:
            levels = max(levels, float(apart.max()))
            error = max(error, float((apart**2).reshape(len(apart), -1).mean(axis=1).max()))
        else:
            others = max(others, float(apart.max() / max(1e-12, np.abs(expected[name]).max())))
    return levels, 10 * float(np.log10(255**2 / error)) if error else float("inf"), others


def _rows(bundle: Path) -> Iterator[tuple[str, bool]]:
    """Providers, and whether batches are fixed; not the reference itself."""
    for provider in providers():
        if provider != CPU or bundle != _reference(bundle):
            yield provider, False
        yield provider, True


def _reference(bundle: Path) -> Path:
    """The bundle whose pictures are right: of one in 16 bits that in 32 beside it, if there is one."""
    beside = bundle.with_name(bundle.name.removesuffix(SIXTEEN))
    return beside if (beside / "manifest.json").exists() else bundle


def _compared(bundle: Path, settings: Settings, expected: Arrays) -> tuple[str, bool]:
    """The end of a row, and whether it is as it should be."""
    try:
        levels, psnr, others = difference(made(bundle, settings), expected)
    except Exception as error:  # ONNX Runtime's errors have no class of their own in common, and the next row can run
        return f" | | | failed: {' '.join(str(error).split())[:160]}", False
    fine = psnr >= PSNR if bundle.name.endswith(SIXTEEN) else levels <= GREY_LEVELS and others <= RELATIVE
    shown = "equal" if psnr == float("inf") else f"{psnr:.1f}"
    return f"{levels:g} | {shown} | {others:.0e} | {'' if fine else '**off**'}", fine


def _samples(sampler: serving.Sampler) -> Arrays:
    found: Arrays = {}
    able = sampler.abilities
    labels = np.arange(COUNT) % len(sampler.manifest.classes) if sampler.takes_class else None
    for batch in BATCHES:
        if "sample" in able:
            found[f"sample {batch}"] = _pictures(sampler.sample(COUNT, seed=1, batch_size=batch))
        elif "decode" in able:
            latents = np.random.default_rng(0).normal(size=(COUNT, sampler.latent.size)).astype(np.float32)
            found[f"decode {batch}"] = _pictures(sampler.decode(latents, batch, labels=labels))
    if "encode" in able or "classify" in able:
        image = sampler.manifest.image
        shape = (COUNT, image.height, image.width, image.channels)
        noise = sampler.as_input(np.random.default_rng(0).integers(0, 256, shape, np.uint8))
        if "encode" in able:
            found["encode"] = sampler.encode(noise, labels=labels)
        if "encode" in able and "decode" in able:
            found["reconstruct"] = _pictures(sampler.reconstruct(noise, labels=labels))
        if "classify" in able:
            found["classify"] = sampler.classify(noise)
    return found


def _translations(translator: Translator, bundle: Path, settings: Settings) -> Arrays:
    """Of two pictures in one piece, and of one in tiles where any size can be cut."""
    image = translator.image
    height, width = (SIDE, SIDE) if image.any_size else (image.height, image.width)
    pictures = np.random.default_rng(0).integers(0, 256, (2, height, width, image.channels), np.uint8)
    found = {f"to {to}": translator.translate(pictures, to) for to in translator.targets}
    if image.any_size and 2 * image.multiple <= TILE:
        tiled = Translator(bundle, settings, tile=TILE)
        found |= {f"to {to} in tiles": tiled.translate(pictures[:1], to) for to in tiled.targets}
    return found


def _pictures(values: np.ndarray) -> np.ndarray:
    return values if values.dtype == np.uint8 else to_uint8(values)

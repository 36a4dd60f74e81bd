"""Bringing a bundle's networks into its folder: what is the same wherever they come from."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from export.card import write_card
from export.codes import coded_source, write_codes
from export.example_inputs import example_sources, write_examples
from export.film import write_film
from export.graph import Target
from export.provider_check import ProviderCheck, checked_on
from export.quantized import Wish
from export.smaller import calibration, make_smaller
from export.stored import Exported, store
from export.subject import Subject
from serving import Sampler
from serving.bundle.figures import EVALUATION
from serving.bundle.licenses import check_license
from serving.bundle.manifest import FILE_NAME, Image, Latent, Manifest
from serving.bundle.names import DECODER, NOISE
from serving.common.errors import InputError
from serving.common.files import whole_folder
from serving.common.images import write_png
from serving.common.points import overview
from serving.runtime.providers import require_present

SAMPLES, POINTS = 64, 2000
Parity = dict[str, dict[str, float]]
Say = Callable[[str], None]


class Made(NamedTuple):
    """Networks that passed their check.

    Attributes:
        exported: by name.
        parity: how far each output of each is from its original.
        image: the size of their pictures.
    """

    exported: dict[str, Exported]
    parity: Parity
    image: Image


def check_wishes(
    folder: Path, target: Target, quantize: Wish | None, check_provider: ProviderCheck | None, license: str | None
) -> None:
    """Refuses what cannot be, before anything is loaded.

    Raises:
        InputError: `folder` is neither free nor a bundle, wishes that exclude each other, a provider that is not
            there, or no name of a licence.
    """
    check_replaceable(folder)
    if quantize is not None and target == "cpu":
        raise InputError(
            "--quantize must be left out with --target cpu, whose convolutions by parts need float32. "
            f"Received: {quantize.kind}."
        )
    check_license(license)
    if check_provider is not None:
        require_present(check_provider.provider)


def check_replaceable(path: Path) -> None:
    """Raises InputError where `path` is neither free nor a bundle."""
    if path.exists() and not (path.is_dir() and (not any(path.iterdir()) or (path / FILE_NAME).is_file())):
        raise InputError(f"--out must be a new folder or a bundle. Received: {path}, which is neither.")


def assemble(
    folder: Path,
    subject: Subject,
    make: Callable[[Path], Made],
    quantize: Wish | None,
    check_provider: ProviderCheck | None,
    say: Say,
    codes: str | None = None,
    examples: str | None = None,
) -> Path:
    """Writes a bundle, whole or not at all.

    Args:
        folder: to write, or to replace.
        subject: what the networks are of.
        make: makes the networks; it may write beside them into the folder that it is given.
        quantize: numbers to write networks in; float32 by default.
        check_provider: a provider to measure pictures of.
        say: is told a line of each network that is quantized or measured.
        codes: data set whose codes the bundle brings; none by default.
        examples: data set whose pictures the bundle brings to be translated; none by default.

    Raises:
        InputError: a data set to measure on that is needed and not there, or does not fit; codes of a model without an
            encoder; examples of one that does not translate.
        QualityError: pictures in other numbers differ too much.
    """
    wish = quantize or check_provider
    measured_on = calibration(subject, wish) if wish else None
    coded = coded_source(subject, codes) if codes else None
    shown = example_sources(subject, examples) if examples else {}
    with whole_folder(folder) as temporary:
        exported, parity, image = make(temporary)
        quantization = make_smaller(subject, exported, quantize, measured_on, say) if quantize and measured_on else {}
        providers: dict[str, Parity] = {}
        if check_provider and measured_on:
            providers[check_provider.provider] = checked_on(exported, check_provider, measured_on, say)
        networks = store(exported, temporary)
        latent = Latent(subject.latent_dim, subject.prior, subject.latent_noise) if subject.latent_dim else None
        manifest = Manifest(
            model=subject.model,
            networks=networks,
            image=image,
            latent=latent,
            classes=subject.classes,
            normalization=subject.normalization,
            weights=subject.weights,
            training={**subject.training, "versions": _versions()},
            parity=parity,
            quantization=quantization,
            providers=providers,
            origin=subject.origin,
            domains=subject.domains,
            license=subject.license,
            likelihood=subject.likelihood,
            film=write_film(temporary, subject.film) if subject.film else None,
            examples=write_examples(temporary, shown),
        )
        _write(temporary, manifest)
        if coded is not None:
            manifest = replace(manifest, codes=write_codes(temporary, coded))
            _write(temporary, manifest)
        if NOISE in networks and DECODER in networks:
            _draw_samples(temporary)
        if quantize is None and subject.figures is not None:
            shutil.copyfile(subject.figures, temporary / EVALUATION)
        write_card(temporary, manifest)
    return folder


def _write(folder: Path, manifest: Manifest) -> None:
    (folder / FILE_NAME).write_text(manifest.to_json(), encoding="utf-8")
    Manifest.read(folder)  # what no reader would take, such as a network whose name is no file's, is not written


def _draw_samples(folder: Path) -> None:
    sampler = Sampler(folder, provider="cpu")
    columns = sampler.columns
    image = sampler.manifest.image
    if image.is_point:
        write_png(folder / "samples.png", overview(sampler.sample(POINTS, seed=0), limits=image.value_range))
        return
    pictures = sampler.sample(columns * max(1, SAMPLES // columns) if columns else SAMPLES, seed=0)
    write_png(folder / "samples.png", overview(pictures, columns))


def _versions() -> dict[str, str]:
    packages = ("keras-gen", "tensorflow", "keras", "onnx", "tf2onnx")
    return {"python": platform.python_version(), **{name: version(name) for name in packages}}

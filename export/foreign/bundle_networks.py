"""Writing a bundle of networks that were not trained with keras-gen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Unpack

import keras
import numpy as np

from export.assembly import Made, Parity, Say, assemble, check_wishes
from export.foreign.border import OfOriginal
from export.foreign.bordering import Bordered, bordered
from export.foreign.checks import check_pictures, check_reconstruction
from export.foreign.original import EXAMPLE, Original
from export.foreign.said import Options, Said
from export.foreign.sources import Given, open_original
from export.foreign.tiles import tile_network
from export.foreign.together import check_roles, size_of
from export.graph import Target, simplified
from export.parity import check_network
from export.provider_check import ProviderCheck
from export.quantized import Wish
from export.refusals import check_operators
from export.seeded import seeded_networks
from export.stored import Exported
from export.subject import Subject
from export.to_onnx import without_unrounded
from serving.bundle.manifest import Image
from serving.bundle.names import CLASSIFIER, CODE, DECODER, ENCODER, IMAGE, MEAN, PROBABILITIES, makes_pictures
from serving.common.errors import InputError
from serving.common.images import to_uint8
from serving.common.noise import standard_normal

THERE, BACK = "a_to_b", "b_to_a"
# Of pictures of free sides, as an example.
SIDE = 256


def bundle_networks(
    path: str | Path,
    *,
    decoder: Given | None = None,
    encoder: Given | None = None,
    translator: Given | None = None,
    translator_back: Given | None = None,
    classifier: Given | None = None,
    classes: Sequence[str] = (),
    to: str | None = None,
    to_back: str | None = None,
    name: str | None = None,
    signature: str | None = None,
    custom: Sequence[str] = (),
    target: Target = "any",
    quantize: Wish | None = None,
    check_provider: ProviderCheck | None = None,
    license: str | None = None,
    codes: str | None = None,
    examples: str | None = None,
    say: Say = lambda line: None,
    **said: Unpack[Options],
) -> Path:
    """Writes a bundle of networks of any origin, replacing a bundle that is there.

    Each network is a `keras.Model`, an ONNX `ModelProto`, or the path of a `.keras`, `.h5` or `.onnx` file or of a
    SavedModel. Every one is loaded in ONNX Runtime and compared with the original, as its owner runs it, at batches of
    1, 3 and 17 first; if one differs, nothing is written.

    Args:
        path: the folder to write.
        decoder: from latents to pictures, such as the generator of a GAN.
        encoder: from pictures to codes.
        translator: from pictures of one domain to pictures of another, of the same size.
        translator_back: the other way.
        classifier: from pictures to probabilities of classes.
        classes: names of the classes, in the order of their labels.
        to: what the translator's pictures are called.
        to_back: the same of the translator back.
        name: of the model, for the manifest; that of the first file by default.
        signature: of a SavedModel; `serving_default` by default.
        custom: modules with classes that a file of Keras names, which are imported.
        target: as in `export_bundle`.
        quantize: as in `export_bundle`.
        check_provider: as in `export_bundle`.
        license: as in `export_bundle`.
        codes: as in `export_bundle`.
        examples: as in `export_bundle`.
        say: is told a line of what was told from a network's graph and what does not look right.
        **said: what the networks take and give, as in `Said`.

    Returns:
        The folder.

    Raises:
        InputError: a network that does not fit its role, that cannot be read, or of which must be said what it takes.
        ParityError: a network differs from its original.
        QualityError: a quantized network differs too much, or one on the provider that is checked.
    """
    folder = Path(path)
    check_wishes(folder, target, quantize, check_provider, license)
    meaning = Said(**said)
    every = {DECODER: decoder, ENCODER: encoder, THERE: translator, BACK: translator_back, CLASSIFIER: classifier}
    given = {role: each for role, each in every.items() if each is not None}
    check_roles(given, to, to_back, classes)
    originals = {role: open_original(role, each, signature, tuple(custom)) for role, each in given.items()}
    _check_names(originals, meaning)
    networks: dict[str, Bordered] = {}
    for role, original in originals.items():
        networks[role] = bordered(role, original, meaning, len(classes), size_of(networks))
        if networks[role].told:
            say(f"{role} {networks[role].told}.")
    known = tuple(classes) or tuple(map(str, range(_told_apart(networks))))
    subject = _subject(networks, meaning, known, name or _name(given), {"b": to, "a": to_back})
    subject = replace(subject, license=license)
    make = partial(_made, subject, networks, target=target, say=say)
    return assemble(folder, subject, lambda _: make(), quantize, check_provider, say, codes, examples)


def _told_apart(networks: dict[str, Bordered]) -> int:
    """How many classes a classifier knows, 0 where there is none."""
    outputs = networks[CLASSIFIER].border.outputs if CLASSIFIER in networks else {}
    return int(outputs[PROBABILITIES].axes[1]) if outputs else 0


def _check_names(originals: dict[str, Original], said: Said) -> None:
    known = [slot.name for original in originals.values() for slot in original.inputs]
    for name in said.inputs:
        if name not in known:
            raise InputError(f"--input must name one of {', '.join(known)}. Received: {name!r}.")


def _subject(
    networks: dict[str, Bordered], said: Said, classes: tuple[str, ...], name: str, domains: dict[str, str | None]
) -> Subject:
    size = size_of(networks)
    assert size is not None, "every network has pictures on one side"
    latents = networks[DECODER].border.inputs["latent"] if DECODER in networks else None
    codes = networks[ENCODER].border.outputs if ENCODER in networks else {}
    code = codes.get(MEAN, codes.get(CODE))
    width = next((int(tensor.axes[1]) for tensor in (latents, code) if tensor is not None), None)
    if latents is not None and code is not None and code.axes != latents.axes:
        raise InputError(
            f"the code of the encoder must be as long as the latent of the decoder, {width}. Received: {code.axes[1]}."
        )
    prior = "standard_normal" if latents is not None and said.latent != "none" else None
    multiple = max(each.multiple for each in networks.values())
    height, across = (side or -(-SIDE // multiple) * multiple for side in size[:2])
    return Subject(
        model=name,
        image_shape=(height, across, size[2]),
        makers=frozenset(role for role, each in networks.items() if makes_pictures(each.border.outputs)),
        latent_dim=width,
        prior=prior,
        prior_latents=partial(_drawn, width) if prior and width else None,
        encode=partial(_encoded, networks[ENCODER]) if codes else None,
        translates=THERE in networks,
        classes=classes,
        normalization="unknown",
        origin={role: replace(each.original.origin, border=each.border.facts) for role, each in networks.items()},
        domains={domain: called for domain, called in domains.items() if called is not None},
    )


def _made(subject: Subject, networks: dict[str, Bordered], target: Target, say: Say) -> Made:
    """The networks as ONNX, compared with their originals."""
    exported: dict[str, Exported] = {}
    parity: Parity = {}
    for role, each in networks.items():
        border, reference = each.border, OfOriginal(each.original, each.border, each.graph)
        whole = simplified(border.around(each.graph), each.multiple % 2 == 0, target)
        check_operators(role, whole)
        inputs, outputs = border.inputs, border.outputs
        parity[role] = check_network(role, whole, reference, inputs, (EXAMPLE, EXAMPLE), each.multiple)
        final = without_unrounded(whole)
        exported[role] = Exported(final, inputs, outputs, border.batch)
        if border.free and (tiled := tile_network(f"{role}_tile", whole, reference, each.multiple)):
            exported[f"{role}_tile"], parity[f"{role}_tile"] = tiled
        if role == DECODER and subject.prior:
            for seeded in seeded_networks(subject, reference, final, inputs, outputs, border.batch is not None):
                parity[seeded.name] = seeded.parity
                exported[seeded.name] = Exported(seeded.graph, seeded.inputs, seeded.outputs)
        if role in subject.makers:
            check_pictures(role, reference, subject, say)
    if subject.encode is not None and DECODER in networks:
        check_reconstruction(networks[DECODER], networks[ENCODER], say)
    free = all(each.border.free for each in networks.values() if each.border.image is not None)
    takes = any(each.border.image is not None for each in networks.values())
    multiple = max(each.multiple for each in networks.values())
    image = Image(*subject.image_shape, any_size=takes and free, multiple=multiple)
    return Made(exported, parity, image)


def _drawn(size: int, n: int, seed: int = 0, labels: np.ndarray | None = None, start: int = 0) -> np.ndarray:
    return standard_normal(seed, n, size, start)


def _encoded(encoder: Bordered, images: np.ndarray) -> np.ndarray:
    border = encoder.border
    made = border.read(encoder.original.run(border.feed({IMAGE: to_uint8(images)})))
    return made[MEAN if MEAN in made else CODE]


def _name(given: dict[str, Given]) -> str:
    first = next(iter(given.values()))
    if isinstance(first, str | Path):
        return Path(first).stem
    return first.name if isinstance(first, keras.Model) else first.graph.name or "model"

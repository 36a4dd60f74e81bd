"""The networks of a bundle in smaller numbers."""

from __future__ import annotations

from collections.abc import Callable

from export.examples import Examples
from export.provider_check import ProviderCheck
from export.quantized import Wish, quantized
from export.seeded import behind_noise
from export.stored import Exported, measured_networks
from export.subject import Subject
from serving.bundle.manifest import Quantization
from serving.bundle.names import DECODER, SAMPLER


def calibration(subject: Subject, wish: Wish | ProviderCheck) -> Examples:
    """What networks in other numbers are measured on; opened before anything is converted, which takes long.

    Args:
        subject: what is exported.
        wish: names the data set; what it leaves open is read as in the subject's training.

    Raises:
        InputError: a network that needs a data set to be measured on, or one that does not fit.
    """
    own = {name: getattr(wish, name, None) or known for name, known in subject.reading.items()}
    return Examples(subject, wish.data, own, encoder=isinstance(wish, Wish) and wish.weights_only)


def make_smaller(
    subject: Subject,
    exported: dict[str, Exported],
    wish: Wish,
    examples: Examples,
    say: Callable[[str], None],
) -> dict[str, Quantization]:
    """Quantizes every network that makes pictures. Those that give codes or classes stay in float32, and so do those
    that are no faster for it. Where only weights become smaller, the encoder takes part.

    Args:
        subject: what is exported.
        exported: its networks, some of which are replaced.
        wish: the numbers, and how near the pictures must stay.
        examples: what they are measured on.
        say: is told a line of each network.

    Returns:
        What the manifest says of the networks in smaller numbers.

    Raises:
        QualityError: pictures that differ too much.
    """
    facts: dict[str, Quantization] = {}
    for name, each in measured_networks(exported, examples.encoder).items():
        smaller = quantized(name, each.graph, examples.feeds(name, each.inputs), wish)
        if smaller.graph is None or smaller.facts is None:
            say(f"{name}: {wish.kind} takes {smaller.time:.2f} of the time of float32, which it stays in")
            continue
        time = "" if smaller.time is None else f", {smaller.time:.2f} of the time of float32"
        say(f"{name}: {wish.kind}, at least {smaller.facts.psnr:.1f} dB{time}")
        exported[name], facts[name] = each._replace(graph=smaller.graph), smaller.facts
        if name == DECODER and SAMPLER in exported:
            behind = behind_noise(subject, smaller.graph)
            exported[SAMPLER], facts[SAMPLER] = exported[SAMPLER]._replace(graph=behind), smaller.facts
    return facts

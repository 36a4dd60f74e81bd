"""What another provider makes of a bundle's pictures, before the bundle is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from export.examples import Examples
from export.quantized import QualityError, lowest_psnr
from export.stored import Exported
from serving.bundle.names import PICTURES, SAMPLER
from serving.common.errors import InputError, require_among
from serving.runtime.openvino import PRECISIONS
from serving.runtime.sessions import ON_CPU, Settings, session_of

Provider = Literal["openvino"]
LEAST_PSNR = 40.0
# Of the inputs that there are for calibration: opening a network for each precision takes longer than running it.
EVERY = 4
MOST = 999.0


@dataclass(frozen=True)
class ProviderCheck:
    """Which provider networks shall be measured on, and how near their pictures must stay.

    Attributes:
        provider: `openvino`.
        least_psnr: of every picture that is judged against that of the CPU provider in float32, in dB.
        data: name of a data set to measure on, for networks that take pictures or codes of them; what starts from a
            prior needs none.
    """

    provider: Provider
    least_psnr: float = LEAST_PSNR
    data: str | None = None

    def __post_init__(self) -> None:
        require_among(get_args(Provider), check_provider=self.provider)
        if not self.least_psnr > 0:
            raise InputError(f"`least_psnr` must be above 0 dB. Received: {self.least_psnr}.")


def checked_on(
    exported: Mapping[str, Exported], check: ProviderCheck, examples: Examples, say: Callable[[str], None]
) -> dict[str, dict[str, float]]:
    """Measures every network that makes pictures, in every precision.

    Args:
        exported: the networks, by name.
        check: the provider, and how near the pictures must stay.
        examples: what they are measured on.
        say: is told a line of each network.

    Returns:
        Network -> precision -> PSNR of the worst picture, in dB.

    Raises:
        QualityError: pictures that differ too much.
    """
    found: dict[str, dict[str, float]] = {}
    for name, each in exported.items():
        if name == SAMPLER or not set(PICTURES) & set(each.outputs):
            continue
        content, feeds = each.graph.SerializeToString(), examples.feeds(name, each.inputs)[::EVERY]
        before = session_of(content, ON_CPU)
        found[name] = {}
        for precision in PRECISIONS:
            after = session_of(content, Settings(check.provider, precision=precision))
            measured = min(lowest_psnr(before, after, feed) for feed in feeds)
            if not measured >= check.least_psnr:
                raise QualityError(
                    f"the network {name!r} on {check.provider} in {precision} must keep its pictures at "
                    f"{check.least_psnr:g} dB. Received: {measured:.1f} dB."
                )
            found[name][precision] = min(round(measured, 2), MOST)
        shown = ", ".join(f"{precision} at least {value:.1f} dB" for precision, value in found[name].items())
        say(f"{name}: on {check.provider}, {shown}")
    return found

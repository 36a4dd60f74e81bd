"""What another provider makes of a bundle's pictures, before the bundle is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from export.examples import Examples
from export.quality import check_least_psnr, kept_psnr
from export.stored import Exported, measured_networks
from serving.common.errors import require_among
from serving.runtime.openvino import PRECISIONS
from serving.runtime.sessions import ON_CPU, Settings, session_of

Provider = Literal["openvino"]
LEAST_PSNR = 40.0
# Of the inputs that there are for calibration: opening a network for each precision takes longer than running it.
EVERY = 4


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
        check_least_psnr(self.least_psnr)


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
    for name, each in measured_networks(exported).items():
        content, feeds = each.graph.SerializeToString(), examples.feeds(name, each.inputs)[::EVERY]
        before = session_of(content, ON_CPU)
        found[name] = {}
        for precision in PRECISIONS:
            after = session_of(content, Settings(check.provider, precision=precision))
            what = f"{name!r} on {check.provider} in {precision}"
            found[name][precision] = kept_psnr(what, before, after, feeds, check.least_psnr)
        shown = ", ".join(f"{precision} at least {value:.1f} dB" for precision, value in found[name].items())
        say(f"{name}: on {check.provider}, {shown}")
    return found

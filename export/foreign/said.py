"""What a user says of networks that keras-gen did not make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypedDict, get_args

from export.foreign.pictures import Meaning
from export.foreign.values import Prior
from serving.bundle.names import CODE, IMAGE, LABEL, LATENT, LOG_VARIANCE, MEAN, PROBABILITIES
from serving.common.errors import InputError, require_among

Layout = Literal["nhwc", "nchw"]
Order = Literal["rgb", "bgr"]
LabelForm = Literal["index", "one_hot"]
Scores = Literal["probabilities", "logits"]
Pair = tuple[float, float]
Shape = tuple[int, int, int]

INPUTS = (LATENT, LABEL, IMAGE)
OUTPUTS = (IMAGE, CODE, MEAN, LOG_VARIANCE, PROBABILITIES)


class Options(TypedDict, total=False):
    """What `Said` holds, by name."""

    range: Pair | None
    output_range: Pair | None
    mean: tuple[float, ...]
    std: tuple[float, ...]
    channels_order: Order
    layout: Layout | None
    image_shape: Shape | None
    latent: Prior
    latent_range: Pair
    label: LabelForm | None
    scores: Scores | None
    inputs: Mapping[str, str]
    outputs: Mapping[str, str]


@dataclass(frozen=True)
class Said:
    """What networks are said to take and give; what is left open is told from their graphs.

    Attributes:
        range: the numbers that are black and white in pictures.
        output_range: the same of pictures that come out, where it is another range.
        mean: what is subtracted from pictures behind the range, one number for each channel in the network's order.
        std: what they are divided by then.
        channels_order: of the network's pictures, `rgb` or `bgr`.
        layout: of the network's pictures: channels last, `nhwc`, or first, `nchw`.
        image_shape: height, width and channels, of a network that takes or makes them in one row of numbers, or of one
            that takes pictures of any size but must be told one.
        latent: the distribution that the network's latents are drawn from.
        latent_range: lowest and highest latent of the uniform distribution.
        label: how a network is told the class: its number, or 1 for it and 0 for every other.
        scores: what a classifier gives.
        inputs: name of an input -> `latent`, `label` or `image`.
        outputs: name of an output -> `image`, `code`, `mean`, `log_variance` or `probabilities`.
    """

    range: Pair | None = None
    output_range: Pair | None = None
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    channels_order: Order = "rgb"
    layout: Layout | None = None
    image_shape: Shape | None = None
    latent: Prior = "standard_normal"
    latent_range: Pair = (-1.0, 1.0)
    label: LabelForm | None = None
    scores: Scores | None = None
    inputs: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        require_among(get_args(Order), channels_order=self.channels_order)
        require_among(get_args(Prior), latent=self.latent)
        choices = {"layout": get_args(Layout), "label": get_args(LabelForm), "scores": get_args(Scores)}
        for name, known in choices.items():
            if getattr(self, name) is not None:
                require_among(known, **{name: getattr(self, name)})
        for name in ("range", "output_range", "latent_range"):
            pair = getattr(self, name)
            if pair is not None and (len(pair) != 2 or not pair[0] < pair[1]):
                raise InputError(f"`{name}` must be two numbers, the lower one first. Received: {pair}.")
        if any(number <= 0 for number in self.std):
            raise InputError(f"`std` must be positive. Received: {self.std}.")
        for said, roles in ((self.inputs, INPUTS), (self.outputs, OUTPUTS)):
            for name, role in said.items():
                if role not in roles:
                    raise InputError(f"{name!r} must be one of {', '.join(roles)}. Received: {role!r}.")

    def meaning(self, span: Pair, channels: int, mean: bool = True) -> Meaning:
        """What numbers between black and white mean.

        Args:
            span: black and white.
            channels: number of channels.
            mean: whether the mean and the standard deviation count.

        Raises:
            InputError: a mean or standard deviation of another number of channels, or an order of what is no colour.
        """
        for name in ("mean", "std"):
            given = getattr(self, name)
            if given and len(given) not in (1, channels):
                raise InputError(f"`{name}` must be 1 or {channels} numbers. Received: {len(given)}.")
        if self.channels_order == "bgr" and channels != 3:
            raise InputError(f"`channels_order` must be rgb for {channels} channels. Received: bgr.")
        counted = (self.mean, self.std) if mean else ((), ())
        return Meaning(*span, *counted, self.channels_order == "bgr")

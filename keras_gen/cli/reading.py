"""How numbers and files of a data set become pictures, as options of every command that takes data."""

from __future__ import annotations

from typing import Any

from keras_gen.cli.parser import Parser
from keras_gen.data import FRAMES_HELP
from keras_gen.data.examples import Frames
from serving.common.interpolation import Choice


def add_reading(parser: Parser, value_range: str) -> None:
    """Adds the options that `reading` and `reading_domains` take.

    Args:
        parser: of a command.
        value_range: help for the range of the numbers.
    """
    parser.add_argument("--value_range", type=str | None, default=None, help=value_range)
    parser.add_argument("--frames", type=Frames | None, default=None, help=FRAMES_HELP)
    for name, what in (("", "pictures"), ("_a", "pictures of domain A"), ("_b", "pictures of domain B")):
        parser.add_argument(
            f"--interpolation{name}",
            type=Choice | None,
            default=None,
            help=f"how {what} are resized: bicubic, or nearest for label maps; by the number of colours by default.",
        )


def as_trained(what: str) -> str:
    """Help for the range of the numbers where a run or a bundle knows one."""
    return f"numbers in the data that are black and white, LOW,HIGH; as the {what} was trained by default."


def reading(options: Any) -> dict[str, Any]:
    """How pictures are read, as `open_source` takes it."""
    return {"value_range": options.value_range, "frames": options.frames, "interpolation": options.interpolation}


def reading_domains(options: Any) -> dict[str, Any]:
    """The same for `open_domains`."""
    a, b = (one or options.interpolation for one in (options.interpolation_a, options.interpolation_b))
    return {"value_range": options.value_range, "frames": options.frames, "interpolation_a": a, "interpolation_b": b}

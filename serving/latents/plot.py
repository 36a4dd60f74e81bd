"""A plot of two dimensions of a latent space: the codes of data, and samples of the prior."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from serving.common.errors import InputError
from serving.common.files import whole_file
from serving.latents.latent_space import check_dimensions

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PANEL = (6.0, 5.6)
MARGIN = 0.05
MOST_IN_LEGEND = 40
IN_A_COLUMN = 20
# Otherwise a user's own settings would change the plot, and a dollar sign in a name would begin a formula.
STYLE: list[Any] = ["default", {"text.parse_math": False}]
DOTS = {"s": 12.0, "linewidths": 0.0, "alpha": 0.7}


def widest(codes: np.ndarray) -> tuple[int, int]:
    """The two dimensions in which codes, (n, size), vary most, in rising order."""
    first, second = sorted(np.argsort(-np.var(codes, axis=0), kind="stable")[:2].tolist())
    return first, second


def latent_figure(
    codes: np.ndarray,
    dimensions: Sequence[int] = (0, 1),
    labels: np.ndarray | None = None,
    classes: Sequence[str] = (),
    draws: np.ndarray | None = None,
    title: str = "codes",
) -> Figure:
    """Plots codes as dots coloured by class and, in a second panel with the same limits, samples of the prior.

    Args:
        codes: (n, size), size at least 2.
        dimensions: two different dimensions, for the horizontal and the vertical axis.
        labels: (n,) integers, or None for one colour.
        classes: names of the classes in the order of their labels. Up to 40 of them are listed in a legend.
        draws: (m, size), or None for a single panel.
        title: title of the panel with the codes.

    Returns:
        A figure that belongs to no window, so that it need not be closed.

    Raises:
        InputError: the codes do not have these dimensions, both are the same, or a code is not finite.
    """
    from matplotlib import style
    from matplotlib.figure import Figure

    check_dimensions(codes.shape[1], dimensions, 2)
    if len(dimensions) != 2 or dimensions[0] == dimensions[1]:
        raise InputError(f"`dimensions` must be two different ones. Received: {', '.join(map(str, dimensions))}.")
    planes = [values[:, list(dimensions)] for values in (codes, draws) if values is not None]
    if not all(np.isfinite(plane).all() for plane in planes):
        raise InputError("codes must be finite numbers to be drawn. Received: nan or inf among them.")
    with style.context(STYLE):
        figure = Figure(figsize=(PANEL[0] * len(planes), PANEL[1]), layout="constrained")
        panels = figure.subplots(1, len(planes), squeeze=False)[0]
        _scatter(figure, panels[0], planes[0], labels, classes)
        panels[0].set_title(title)
        if draws is not None:
            panels[1].scatter(*planes[1].T, color="0.2", **DOTS)
            panels[1].set_title("draws of the prior")
        for panel in panels:
            _frame(panel, np.concatenate(planes), dimensions)
    return figure


def write_figure(path: Path, figure: Figure) -> None:
    """Writes a figure as PNG, completely or not at all; the same figure gives the same bytes."""
    from matplotlib import style

    with style.context(STYLE), whole_file(path) as temporary:
        # Matplotlib writes its version into pictures unless told not to.
        figure.savefig(temporary, format="png", metadata={"Software": None})


def _scatter(figure: Figure, panel: Any, plane: np.ndarray, labels: np.ndarray | None, classes: Sequence[str]) -> None:
    if labels is None:
        panel.scatter(*plane.T, **DOTS)
        return
    # One call draws the dots in the order of the data, so that no class covers the others.
    panel.scatter(*plane.T, c=_colours(len(classes))[labels], **DOTS)
    if len(classes) <= MOST_IN_LEGEND:
        handles = [panel.scatter([], [], color=colour, **DOTS) for colour in _colours(len(classes))]
        columns = -(-len(classes) // IN_A_COLUMN)
        # The names are set afterwards, because a legend leaves out names that begin with an underscore.
        blank = [" "] * len(classes)
        legend = figure.legend(handles, blank, loc="outside right upper", ncols=columns, markerscale=2.0)
        for text, name in zip(legend.get_texts(), classes, strict=True):
            text.set_text(name)


def _colours(count: int) -> np.ndarray:
    """Colours that are easy to tell apart, (count, 4)."""
    from matplotlib import colormaps

    for name, most in (("tab10", 10), ("tab20", 20)):
        if count <= most:
            return colormaps[name](np.arange(count))
    return colormaps["turbo"](np.linspace(0.0, 1.0, count))


def _frame(panel: Any, points: np.ndarray, dimensions: Sequence[int]) -> None:
    """Sets limits around all points, the same scale for both axes, and axis labels."""
    low, high = points.min(axis=0), points.max(axis=0)
    margin = MARGIN * float((high - low).max()) or 1.0
    panel.set_xlim(low[0] - margin, high[0] + margin)
    panel.set_ylim(low[1] - margin, high[1] + margin)
    panel.set_aspect("equal")
    panel.set_xlabel(f"latent dimension {dimensions[0]}")
    panel.set_ylabel(f"latent dimension {dimensions[1]}")

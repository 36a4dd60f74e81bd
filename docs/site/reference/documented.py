"""Parts of pages in which autodoc shows Python objects."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from types import ModuleType
from typing import Any

# What Keras asks of a layer, and says itself.
OF_KERAS = (
    *("build", "call", "compute_output_shape", "get_config", "from_config", "get_build_config", "build_from_config"),
    *(
        "compute_output_spec",
        "convolution_op",
        "get_compile_config",
        "compile_from_config",
        "save_own_variables",
        "load_own_variables",
    ),
)


def shown(objects: Iterable[tuple[str, Any]]) -> str:
    """A block for objects by the names that readers import them by: classes with their public methods."""
    return "\n".join(["```{eval-rst}", *(_directive(name, value) for name, value in objects), "```", ""])


def public(module: ModuleType) -> list[tuple[str, Any]]:
    """What a package offers, in the order of its `__all__`: classes and functions, without tables and texts."""
    names = [(f"{module.__name__}.{name}", getattr(module, name)) for name in module.__all__]
    return [(name, value) for name, value in names if inspect.isclass(value) or inspect.isroutine(value)]


def said(module: ModuleType) -> str:
    """The docstring of a module, as Markdown."""
    return inspect.cleandoc(module.__doc__ or "") + "\n"


def first_line(value: Any) -> str:
    """The first sentence, or more, of a docstring: up to the first empty line."""
    return " ".join((inspect.getdoc(value) or "").partition("\n\n")[0].split())


def _directive(name: str, value: Any) -> str:
    if inspect.isroutine(value):
        return f".. autofunction:: {name}\n"
    return f".. autoclass:: {name}\n   :members:\n   :exclude-members: {', '.join(OF_KERAS)}\n"

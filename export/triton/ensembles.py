"""Writes `config.pbtxt` of an ensemble for Triton."""

from __future__ import annotations

from export.triton.config import VERSIONS, head, ports_of, quoted
from serving.bundle.ensembles import Ensemble, Step


def ensemble_config(ensemble: Ensemble) -> str:
    """The `config.pbtxt` of an ensemble."""
    lines = [*head(ensemble.model, "ensemble"), *ports_of(ensemble.model), "ensemble_scheduling {", "  step ["]
    lines.append(",\n".join(_step(step) for step in ensemble.steps))
    return "\n".join([*lines, "  ]", "}", VERSIONS]) + "\n"


def _step(step: Step) -> str:
    maps = [
        f"      {side} {{ key: {quoted(own)} value: {quoted(tensor)} }}"
        for side, tensors in (("input_map", step.inputs), ("output_map", step.outputs))
        for own, tensor in tensors.items()
    ]
    return "\n".join(["    {", f"      model_name: {quoted(step.model)}", "      model_version: -1", *maps, "    }"])

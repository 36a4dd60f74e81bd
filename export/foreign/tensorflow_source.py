"""Functions of TensorFlow as originals: what Keras models and SavedModels have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import onnx
import tensorflow as tf

from export.foreign.noise import noise_as_inputs, runner
from export.foreign.original import Original, Run, Slot
from export.frozen import Frozen, frozen
from export.to_onnx import of_frozen
from serving.bundle.manifest import Origin

Call = Callable[[dict[str, tf.Tensor]], Mapping[str, Any]]


def of_function(
    kind: str,
    what: str,
    slots: tuple[Slot, ...],
    run: Run,
    runtime: str,
    origin: Origin,
    call: Call,
    explaining: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> Original:
    """An original that is a function of named tensors.

    Args:
        kind: as in `Original`.
        what: likewise.
        slots: its inputs.
        run: as in `Original`.
        runtime: likewise.
        origin: likewise.
        call: the function, as it is put into a graph.
        explaining: a context that says what part of it cannot be.
    """

    def flat(outputs: Sequence[str]) -> Frozen:
        def chosen(inputs: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
            made = call(inputs)
            return {name: tf.cast(made[name], tf.float32) for name in outputs}

        return frozen(chosen, {slot.name: tf.TensorSpec(slot.shape, slot.dtype, slot.name) for slot in slots})

    def graph(outputs: Sequence[str]) -> onnx.ModelProto:
        with explaining():
            return of_frozen(flat(outputs), what)

    def with_noise(outputs: Sequence[str]) -> Original:
        noisy, more = noise_as_inputs(flat(outputs), what)
        return Original(
            kind, what, (*slots, *more), runner(noisy), "TensorFlow", lambda _: of_frozen(noisy, what), origin
        )

    return Original(kind, what, slots, run, runtime, graph, origin, with_noise)

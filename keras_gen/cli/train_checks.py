"""What of a run does not fit together, named before anything is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from keras_gen.data.fingerprint import difference
from keras_gen.training.base import BaseModel
from serving.common.errors import InputError


def check_execution(at_once: int, steps: int, checkpoint_steps: int | None) -> None:
    """Raises InputError where an epoch or a checkpoint would end within the steps that are executed at once."""
    for what, count in (("an epoch", steps), ("--checkpoint-steps", checkpoint_steps or 0)):
        if count % at_once:
            raise InputError(f"--steps-per-execution must divide the steps of {what}, {count}. Received: {at_once}.")


def check_shares(model: BaseModel, batch_size: int, accumulate: int) -> None:
    """Raises InputError where the batch cannot be shared out evenly among replicas, micro-batches and moves."""
    replicas = model.distribute_strategy.num_replicas_in_sync
    turns = model.spec.discriminator_steps
    shares = replicas * accumulate * (turns if accumulate > 1 else 1)
    most = model.spec.largest_batch
    if most is not None and batch_size // accumulate > most:
        raise InputError(
            f"--batch-size must be at most {most}, which the pools of pictures hold: see --model.pool-size. "
            f"Received: {batch_size}."
        )
    if batch_size < (least := replicas * accumulate * turns):
        raise InputError(
            f"--batch-size must be at least {least}: an example for each of {turns} moves of the discriminator in a "
            f"step, on {replicas} replicas with --accumulate {accumulate}. Received: {batch_size}."
        )
    if batch_size % shares:
        raise InputError(
            f"--batch-size must be a multiple of {shares}, for {replicas} replicas, "
            f"--accumulate {accumulate} and {turns} moves of the discriminator in a step. "
            f"Received: {batch_size}."
        )


def check_data(run: Path, before: dict[str, Any], now: dict[str, Any], accept: bool) -> None:
    """Raises InputError where a run would continue on other data than it was trained on.

    Args:
        run: its directory, for the message.
        before: fingerprints of what it was trained on, by what they are for; none for a run that kept none.
        now: the same of what is there.
        accept: whether other data of the same shape is wanted.
    """
    for part in now if before else ():
        found = difference(before.get(part, {}), now[part])
        if found is None or (accept and before.get(part, {}).get("shape") == now[part]["shape"]):
            continue
        hint = "pictures must keep their shape" if accept else "--data-changed accept continues on what is there now"
        expected, received = found
        raise InputError(
            f"the {part} must be what {run} was trained on; {hint}. Expected: {expected}. Received: {received}."
        )

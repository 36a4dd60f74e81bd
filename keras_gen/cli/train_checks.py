"""What of a run does not fit together, named before anything is written."""

from __future__ import annotations

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

"""A training step as the moves of its players, each on the whole batch or on one micro-batch of it after the other."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from keras_gen.layers.replica import micro_batch, replica_rows, shares_of_a_step, sum_over_replicas
from keras_gen.layers.training_noise import Drawn, drawing_once
from keras_gen.training.resting import apply_unless
from serving.common.errors import InputError

Values = dict[str, tf.Tensor]
Gradients = list[tf.Tensor | None]


@dataclass(frozen=True)
class Move:
    """Moves the weights of one network, and no others, down the gradient of the mean loss.

    The mean is taken over the global batch: each replica, and each micro-batch on it, divides its sum by the number of
    examples of all, so that the sum of their gradients is the gradient of that mean. Weight penalties of the network's
    layers are added to it.

    Attributes:
        terms: computes the forward pass and returns values per example, each (batch,); `"loss"` is the one to
            minimize, the others are for reporting.
        network: the player; its trainable weights.
        optimizer: the player's optimizer.
        tape: what `watching(network)` returned, if a part of the forward pass was recorded on it before.
        rest_above: the player rests, and neither its weights nor its optimizer change, where the mean of the value
            `"accuracy"` over the global batch is above this.
        rows: of weights (batch,) of the batch's examples, those that the move's values are of; all by default.
    """

    terms: Callable[[], Values]
    network: keras.Model
    optimizer: keras.optimizers.Optimizer
    tape: tf.GradientTape | None = None
    rest_above: float | None = None
    rows: Callable[[tf.Tensor], tf.Tensor] | None = None


# Each `yield` of a move gives its values, float32, cut off from the gradient; the end is what the step reports.
Moves = Generator[Move, Values, Values]


def play(moves: Callable[[Any], Moves], batch: Any, micro_batches: int = 1, weights: tf.Tensor | None = None) -> Values:
    """Makes the moves of a step.

    The gradients of a move are those of its micro-batches, added up one after the other, and the forward passes before
    it are made again for each, so that only one micro-batch is in memory. What `moves` does outside of its moves must
    therefore not change anything.

    Args:
        moves: from a batch to the moves on it.
        batch: of `fit`, a structure of tensors (batch, ...); None stays None.
        micro_batches: how many, of equal size, a replica's share of the batch is cut into.
        weights: (batch,), what each example's loss is multiplied by before the mean over the batch is taken, as in
            Keras. What the moves give is not weighted.

    Returns:
        What `moves` returned for the values of the whole batch.

    Raises:
        InputError: a batch that is known not to be divisible, noise that is drawn for the second time, or a scaled
            loss, which float16 needs, with several replicas.
    """
    cut, weighing = zip(*_micro_batches((batch, weights), micro_batches), strict=True)
    # The first micro-batch's forward pass goes on from move to move; the others begin anew for each.
    leader = _Pass(0, micro_batches)
    led = moves(cut[0])
    played: list[list[Values]] = [[] for _ in cut]
    try:
        with leader.going_on():
            move = next(led)
        while True:
            with leader.going_on():
                values, gradients = _differentiated(move, weighing[0])
            played[0].append(values)
            for index in range(1, micro_batches):
                with _Pass(index, micro_batches).going_on(), tf.control_dependencies(_tensors(gradients)):
                    values, further = _differentiated(_replayed(moves(cut[index]), played[index]), weighing[index])
                    gradients = [_sum(*both) for both in zip(gradients, further, strict=True)]
                played[index].append(values)
            values = joined([of_one[-1] for of_one in played])
            _apply(move, values, gradients)
            with leader.going_on():
                move = led.send(values)
    except StopIteration as end:
        return end.value


class _Pass:
    """One run through the moves on a micro-batch: where its examples lie, and the noise that it has drawn so far.

    A run that is made again for a later move draws what it drew before, and is therefore a pass of its own.
    """

    def __init__(self, index: int, count: int) -> None:
        self.index, self.count = index, count
        self.drawn: Drawn = set()

    @contextmanager
    def going_on(self) -> Iterator[None]:
        with micro_batch(self.index, self.count), drawing_once(self.drawn):
            yield


def joined(moves: Sequence[Values]) -> Values:
    """Values of several moves, or of several micro-batches of one, as those of one over all of their examples."""
    return {name: tf.concat([terms[name] for terms in moves], axis=0) for name in moves[0]}


def watching(network: keras.Model) -> tf.GradientTape:
    """A tape that records what depends on the trainable weights of `network` and on nothing else.

    For a forward pass that another player's move needs too: `with watching(...) as tape:`, the other move, and then
    `Move(..., tape=tape)`.
    """
    tape = tf.GradientTape(watch_accessed_variables=False)
    with tape:
        for variable in network.trainable_variables:
            tape.watch(variable.value)
    return tape


def global_mean(per_example: tf.Tensor) -> tf.Tensor:
    """This replica's share of the mean over the global batch: the shares of all replicas add up to it.

    Args:
        per_example: (batch,).

    Returns:
        Scalar of the same type.
    """
    total = replica_rows(tf.shape(per_example)[0]).total
    return tf.reduce_sum(per_example) / tf.cast(total, per_example.dtype)


def _micro_batches(batch: Any, count: int) -> list[Any]:
    if count == 1:
        return [batch]
    rows = tf.nest.flatten(batch)[0].shape[0]
    if rows is not None and rows % count:
        raise InputError(f"`micro_batches` must divide each replica's batch of {rows}. Received: {count}.")

    def cut(values: tf.Tensor | None) -> list[tf.Tensor | None]:
        # Of a batch that is not divisible this says so when it comes.
        return [None] * count if values is None else tf.split(values, count)

    pieces = [cut(values) for values in tf.nest.flatten(batch)]
    return [tf.nest.pack_sequence_as(batch, one) for one in zip(*pieces, strict=True)]


def _replayed(moves: Moves, played: list[Values]) -> Move:
    """The move after those whose values are known."""
    move = next(moves)
    for values in played:
        move = moves.send(values)
    return move


def _differentiated(move: Move, weights: tf.Tensor | None) -> tuple[Values, Gradients]:
    _check_scaling(move.optimizer)
    tape = watching(move.network) if move.tape is None else move.tape
    with tape:
        values = {name: tf.cast(value, tf.float32) for name, value in move.terms().items()}
        loss = global_mean(_weighed(values["loss"], move, weights)) + _weight_penalty(move.network)
        scaled = move.optimizer.scale_loss(loss)
    gradients = tape.gradient(scaled, [variable.value for variable in move.network.trainable_variables])
    return {name: tf.stop_gradient(value) for name, value in values.items()}, gradients


def _weighed(losses: tf.Tensor, move: Move, weights: tf.Tensor | None) -> tf.Tensor:
    if weights is None:
        return losses
    return losses * (weights if move.rows is None else move.rows(weights))


def _apply(move: Move, values: Values, gradients: Gradients) -> None:
    variables = move.network.trainable_variables
    if move.rest_above is None:
        move.optimizer.apply(gradients, variables)
    else:
        rests = sum_over_replicas(global_mean(values["accuracy"])) > move.rest_above
        apply_unless(rests, move.optimizer, gradients, variables)


def _check_scaling(optimizer: keras.optimizers.Optimizer) -> None:
    """Keras looks for gradients out of range on the first replica alone, before the replicas' are added up."""
    replicas = tf.distribute.get_strategy().num_replicas_in_sync
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer) and replicas > 1:
        raise InputError(
            f"mixed_float16 must be trained on one device; mixed_bfloat16 needs no scaling. Received: {replicas}."
        )


def _weight_penalty(network: keras.Model) -> tf.Tensor:
    """Sum of the penalties of the layers; every share of the batch has the same, and they are summed up."""
    return tf.add_n([tf.constant(0.0), *(tf.cast(term, tf.float32) for term in network.losses)]) / shares_of_a_step()


def _sum(one: tf.Tensor | None, other: tf.Tensor | None) -> tf.Tensor | None:
    """Of two gradients, either of which may be missing or hold some rows alone."""
    if one is None or other is None:
        return one if other is None else other
    return tf.convert_to_tensor(one) + tf.convert_to_tensor(other)


def _tensors(gradients: Gradients) -> list[tf.Tensor]:
    return [tf.convert_to_tensor(gradient) for gradient in gradients if gradient is not None]

"""The base class of models whose networks play against each other."""

from __future__ import annotations

import functools
from typing import Any

import keras

from keras_gen.training.base import BaseModel
from keras_gen.training.learning_rates import JointLearningRate
from serving.common.errors import InputError, nearest


class AdversarialModel(BaseModel):
    """A model of several players, each a network with an optimizer of its own.

    A subclass states its `players`, builds them in its constructor, and writes in `moves` who moves
    when. Everything else is Keras: `compile`, `fit`, `save` and `load_model`,
    with every optimizer's state saved and restored.
    """

    loss: str | None = None

    @property
    def players(self) -> dict[str, keras.Model]:
        """Name -> network. The optimizer of player `x` is `x_optimizer`."""
        raise NotImplementedError(f"{type(self).__name__} must state its players.")

    def compile(  # type: ignore[override]
        self,
        *,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: bool | str = "auto",
        **optimizers: keras.optimizers.Optimizer | str,
    ) -> None:
        """Gives each player its optimizer.

        Args:
            run_eagerly: run steps without `tf.function`.
            steps_per_execution: steps between two looks at the callbacks.
            jit_compile: as in Keras.
            **optimizers: `<player>_optimizer`, an optimizer or its name; the model's default where left out.

        Raises:
            InputError: an optimizer for a player that does not exist, or a weight with two owners.
        """
        self._check_owners()
        expected = [f"{player}_optimizer" for player in self.players]
        if unknown := sorted(set(optimizers) - set(expected)):
            raise InputError(
                f"`compile` takes {', '.join(expected)}. Received: {unknown[0]!r}.{nearest(unknown[0], expected)}"
            )
        # Keras would make an RMSprop of its own where none is given, and take `loss` for its own attribute.
        loss = self.loss
        super().compile(
            optimizer=None,
            run_eagerly=run_eagerly,
            steps_per_execution=steps_per_execution,
            jit_compile=jit_compile,
        )
        self.loss = loss
        for network, name in zip(self.players.values(), expected, strict=True):
            chosen = optimizers.get(name) or self.default_optimizers[name].build()
            optimizer = self._scaling(keras.optimizers.get(chosen))
            optimizer.build(network.trainable_variables)
            setattr(self, name, optimizer)
        moved = [network.trainable_variables for network in self.players.values()]
        self.optimizer = JointLearningRate([getattr(self, name) for name in expected], moved)

    @functools.wraps(keras.Model.fit)
    def fit(self, *args: Any, **kwargs: Any) -> keras.callbacks.History:
        history = super().fit(*args, **kwargs)
        self.optimizer.finalize()
        return history

    def _trained(self) -> dict[str, keras.Model]:
        return self.players

    def _scaling(self, optimizer: keras.optimizers.Optimizer) -> keras.optimizers.Optimizer:
        """With float16, whose small gradients would be zero, an optimizer that scales the loss of its own player."""
        if self.dtype_policy.name != "mixed_float16" or isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
            return optimizer
        return keras.optimizers.LossScaleOptimizer(optimizer)

    def get_compile_config(self) -> dict[str, Any]:
        """What `compile_from_config` needs to repeat `compile`."""
        if not self.compiled:
            return {}
        optimizers = {
            f"{player}_optimizer": keras.saving.serialize_keras_object(getattr(self, f"{player}_optimizer"))
            for player in self.players
        }
        return {
            "run_eagerly": self.run_eagerly,
            "steps_per_execution": self.steps_per_execution,
            "jit_compile": self.jit_compile,
            **optimizers,
        }

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compiles as the saved model was."""
        if config:
            self.compile(**keras.saving.deserialize_keras_object(config))

    def _check_owners(self) -> None:
        """Every trainable weight belongs to exactly one player."""
        owner: dict[int, str] = {}
        for player, network in self.players.items():
            for weight in network.trainable_weights:
                if id(weight) in owner:
                    raise InputError(
                        f"every weight must have one owner. Received: {weight.path!r} owned by "
                        f"{owner[id(weight)]!r} and {player!r}."
                    )
                owner[id(weight)] = player
        for weight in self.trainable_weights:
            if id(weight) not in owner:
                raise InputError(
                    f"every weight must have one owner among {', '.join(self.players)}. "
                    f"Received: {weight.path!r} owned by none."
                )

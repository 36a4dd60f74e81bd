"""What help says about options that choose from a registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keras_gen.cli.parser import Parser
from keras_gen.registry import MODULE_NAME

if TYPE_CHECKING:
    import keras


def show_choices(parser: Parser, model_class: type[keras.Model]) -> None:
    """Adds to the help of each option of a model and its optimizers what can be chosen at this moment."""
    from keras_gen.training.config import choices_of_model

    choices = choices_of_model(model_class)
    for action in parser._actions:
        if action.dest in choices:
            listed = ", ".join(choices[action.dest].registry)
            said = f"Choices: {listed}, or" if listed else "Or"
            action.help = f"{action.help or ''} {said} {MODULE_NAME}.".lstrip()

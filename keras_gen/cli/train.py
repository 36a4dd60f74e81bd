"""`keras-gen train NAME --data SOURCE ...`, or `keras-gen train --recipe FILE`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from keras_gen.cli.own_code import import_own_code
from keras_gen.cli.quiet import quiet_import
from keras_gen.cli.recipe_files import with_name
from keras_gen.cli.train_options import TrainOptions


def run(words: Sequence[str]) -> int:
    """Trains as the command line says."""
    quiet_import()
    if list(words) in (["-h"], ["--help"]):
        from keras_gen.models import model_names

        print(f"usage: keras-gen train MODEL --data SOURCE [options]\n\nmodels: {', '.join(model_names())},")
        print("or my_module:MyModel for a class of your own, as docs/own_model.md explains")
        print("\n'keras-gen train MODEL --help' lists the options of a model.")
        return 0
    parse_and_train(words)
    return 0


def parse_and_train(words: Sequence[str]) -> Path:
    """Trains what the words of the command line, or the recipe they name, ask for; returns the run directory."""
    words, recipe = with_name(list(words))
    from keras_gen.cli.own_models import named_class
    from keras_gen.cli.train_parser import train_parser
    from keras_gen.cli.training import train

    name = words[words.index("--name") + 1]
    cls = named_class(name)
    config = train_parser(name, cls).parse_args(words).as_dict()
    config["out"] = config["out"] or str(Path("runs") / (recipe or name.rpartition(":")[2]))
    optimizers = {key: config[key] for key in cls.default_optimizers}
    import_own_code(cls, config["model"], optimizers)
    return train(TrainOptions.of(config), cls, config["model"], optimizers)

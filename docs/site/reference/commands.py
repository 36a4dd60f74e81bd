"""Pages of the commands, from their parsers."""

from __future__ import annotations

import argparse
import re

from docs.site.reference.guides import Guides
from keras_gen.cli.completion_table import parser_of
from keras_gen.cli.help_text import PRINT_CONFIG, SUPPRESS, HelpText
from keras_gen.cli.main import COMMANDS, GROUPS
from keras_gen.cli.parser import Parser

# The command whose options depend on its first word.
MODELLED = "train"


def pages(guides: Guides) -> dict[str, str]:
    """The page of every command by its name, and `commands/index`."""
    made = {f"commands/{name}": _page(name, what, guides) for name, what in COMMANDS.items()}
    return {"commands/index": _index(), **made}


def _index() -> str:
    lines = ["# Commands", "", "`keras-gen COMMAND --help` prints what these pages say.", ""]
    for title, group in GROUPS.items():
        lines += [f"## {title.capitalize()}", "", "| command | what it does |", "|---|---|"]
        lines += [f"| [{name}]({name}.md) | {what} |" for name, what in group.items()]
        lines.append("")
    names = "\n".join(COMMANDS)
    return "\n".join([*lines, f"```{{toctree}}\n:hidden:\n\n{names}\n```\n"])


def _page(name: str, what: str, guides: Guides) -> str:
    head = f"# keras-gen {name}\n\n{what[:1].upper()}{what[1:]}.\n"
    examples = guides.commands(name)
    parts = [head, guides.shown(examples) or f"```sh\nkeras-gen {name} --help\n```\n"]
    if name == MODELLED:
        return "\n".join([*parts, _trained_models()])
    parser = parser_of(name)
    usage = HelpText(parser.prog)._format_usage(None, parser._actions).strip()
    return "\n".join([*parts, f"```text\n{usage}\n```\n", options(parser)])


def _trained_models() -> str:
    from keras_gen.models import model_names

    models = ", ".join(f"[{name}](../models/{name}.md)" for name in model_names())
    return (
        "```text\nusage: keras-gen train MODEL --data SOURCE [options]\n"
        "       keras-gen train --recipe RECIPE [options]\n```\n\n"
        f"The options are those of the model, of its optimizers and of a run, on the page of the model: {models}. "
        "A model of your own is `my_module:MyModel`, as in [a model of your own](../../own_model.md). "
        "[Recipes](../recipes.md) are files of these options.\n"
    )


def options(parser: Parser) -> str:
    """The options of a parser by their groups, as directives that the index and the search know."""
    lines = [f"```{{program}} {parser.prog}\n```\n"]
    formatter = HelpText(parser.prog)
    for group in parser._action_groups:
        actions = [action for action in group._group_actions if _is_shown(action)]
        if actions:
            title = "Options" if group.title in ("options", None) else str(group.title).capitalize()
            lines.append(f"## {'Arguments' if group.title == 'positional arguments' else title}\n")
            lines += [_option(formatter, action) for action in actions]
    return "\n".join(lines)


def _is_shown(action: argparse.Action) -> bool:
    return action.help is not SUPPRESS and not action.dest.endswith(".help") and action.dest not in ("help",)


def _option(formatter: HelpText, action: argparse.Action) -> str:
    text = " ".join(formatter._expand_help(action).split())
    if action.dest == PRINT_CONFIG:
        text = "Print all options as a recipe and exit."
    name = formatter._format_action_invocation(action) if action.option_strings else action.dest.upper()
    return f"````{{option}} {' '.join(name.split())}\n{_escaped(text)}\n````\n"


def _escaped(text: str) -> str:
    """Text of a help as Markdown, where options are code."""
    return re.sub(r"(?<![\w-])(--\w[\w.-]*\w)", r"`\1`", text.replace("<", "\\<").replace("*", "\\*"))

"""A parser whose mistakes are one line: what was expected, what came, and what was probably meant."""

from __future__ import annotations

import re
from typing import Any, NoReturn

import jsonargparse

from serving.common.errors import InputError, nearest


class Parser(jsonargparse.ArgumentParser):
    """`jsonargparse.ArgumentParser` that raises InputError instead of printing its usage."""

    def __init__(self, prog: str, **kwargs: Any) -> None:
        super().__init__(prog=prog, allow_abbrev=False, **kwargs)

    def error(self, message: str, ex: Exception | None = None) -> NoReturn:
        raise InputError(self._one_line(message)) from None

    def _one_line(self, message: str) -> str:
        """jsonargparse's message as what was expected, what came, and the nearest name."""
        message = " ".join(message.split())
        options = [option for action in self._actions for option in action.option_strings]
        if found := re.search(r"[Uu]nrecognized arguments: ([^\s=]+)", message):
            return f"{self.prog} has no option {found[1]}.{nearest(found[1], options)}"
        if found := re.search(r"[Kk]ey ['\"]([\w.]+)['\"] is not expected", message):
            return f"{self.prog} has no option {found[1]!r}.{nearest('--' + found[1], options)}"
        if found := re.search(r"arguments are required: (.+)", message):
            spelled = {action.dest: action.option_strings[-1] for action in self._actions if action.option_strings}
            names = [spelled.get(name, name) for name in found[1].split(", ")]
            return f"{self.prog} needs {', '.join(names)}. Received: nothing for it."
        if found := re.search(r"[Kk]ey ['\"]([\w.]+)['\"]: ?(.+?) Got value: (.*)", message):
            expected = re.sub(r"<class '(\w+)'>", r"\1", found[2]).replace("Expected a ", "").rstrip(".")
            if choices := re.findall(r"'(\w+)'", expected if "Literal" in expected else ""):
                close = nearest(found[3], choices)
                return f"--{found[1]} must be one of {', '.join(choices)}. Received: {found[3]}.{close}"
            return f"--{found[1]} must be {expected}. Received: {found[3]}."
        if found := re.search(
            r"[Kk]ey ['\"]([\w.]+)['\"]: Does not validate .*Subtypes: \[(.+?)\] Errors.*Given value: (.*)", message
        ):
            expected = re.sub(r"<class '(\w+)'>", r"\1", found[2]).replace(", NoneType", " or null")
            if choices := re.findall(r"'(\w+)'", expected if "Literal" in expected else ""):
                close = nearest(found[3], choices)
                return f"--{found[1]} must be one of {', '.join(choices)} or null. Received: {found[3]}.{close}"
            return f"--{found[1]} must be {expected}. Received: {found[3]}."
        return message

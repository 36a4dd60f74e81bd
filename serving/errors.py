"""The one error that means "what you gave cannot be used"."""


class InputError(ValueError):
    """A mistake in what the caller gave: an option, a file, an array.

    The message is a single line that states what was expected and what came. The command line prints
    it and ends with exit code 2; anything else that escapes is a defect of keras-gen.
    """


def nearest(word: str, choices: list[str]) -> str:
    """`" Did you mean 'x'?"` for the choice closest to `word`, or the empty string if none is close."""
    import difflib

    close = difflib.get_close_matches(word, choices, n=1, cutoff=0.5)
    return f" Did you mean {close[0]!r}?" if close else ""

"""The file of `--token-file`: who may ask."""

from __future__ import annotations

import stat
from pathlib import Path

from serving.common.errors import InputError
from serving.server.tokens import digest_of

# 96 bits in base64: nobody guesses one.
SHORTEST = 16
OTHERS = stat.S_IRWXO | stat.S_IWGRP


def read_tokens(path: Path) -> dict[str, bytes]:
    """Reads `NAME TOKEN` lines; empty ones and those that start with # are left out.

    Returns:
        name -> digest of the token.

    Raises:
        InputError: no such file, one that others may read, a line of another form, or no token.
    """
    try:
        mode = path.stat().st_mode
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no text in UTF-8"
        raise InputError(f"--token-file must be a file with tokens. Received: {path}: {reason}.") from None
    if mode & OTHERS:
        raise InputError(
            f"--token-file must be a file that other users cannot read or change: chmod 600 {path}. "
            f"Received: mode {stat.S_IMODE(mode):o}."
        )
    tokens: dict[str, bytes] = {}
    for number, line in enumerate(lines, 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if len(words) != 2 or len(words[1]) < SHORTEST or words[0] in tokens:
            raise InputError(
                f"a line of --token-file must be NAME TOKEN, each name once, the token of {SHORTEST} characters or "
                f"more. Received: line {number} of {path}."
            )
        tokens[words[0]] = digest_of(words[1])
    if not tokens:
        raise InputError(f"--token-file must have at least one line NAME TOKEN. Received: none in {path}.")
    return tokens

"""Who may ask: bearer tokens (RFC 6750), of which the server knows only what they hash to."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

SCHEME = "bearer"


def digest_of(token: str) -> bytes:
    """What the server keeps of a token: its SHA-256. Tokens are random and long, so that nobody can try them all."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()


def owner_of(token: str, digests: Mapping[str, bytes]) -> str | None:
    """The name that a token belongs to, found in the same time for every token, right or wrong.

    Args:
        token: what a client sent.
        digests: name -> `digest_of` the token.

    Returns:
        The name, or None for a token that is nobody's.
    """
    given, owner = digest_of(token), None
    for name, digest in digests.items():
        if hmac.compare_digest(given, digest):
            owner = name
    return owner


def bearer(authorization: str) -> str:
    """The token of the header or metadata `authorization`, `Bearer TOKEN`; empty where it is of another form."""
    scheme, _, token = authorization.strip().partition(" ")
    return token.strip() if scheme.lower() == SCHEME else ""

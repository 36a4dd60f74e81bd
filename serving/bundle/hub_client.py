"""`huggingface_hub`, without its telemetry, and its errors as ours."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from serving.common.errors import InputError

TELEMETRY_OFF = "HF_HUB_DISABLE_TELEMETRY"


def hub_client() -> Any:
    """The module.

    Raises:
        InputError: it is not installed.
    """
    asked = TELEMETRY_OFF in os.environ
    os.environ.setdefault(TELEMETRY_OFF, "1")
    try:
        hub = importlib.import_module("huggingface_hub")
        constants: Any = importlib.import_module("huggingface_hub.constants")
        importlib.import_module("huggingface_hub.errors")
    except ModuleNotFoundError as error:
        raise InputError(
            f"a model hub needs the package {error.name!r}: pip install 'keras-gen[hub]'. Received: none."
        ) from error
    if not asked:
        constants.HF_HUB_DISABLE_TELEMETRY = True  # where it was imported before
    return hub


@contextmanager
def explained(place: str) -> Iterator[None]:
    """Raises the hub's errors as InputError where the user can do something about them, else as OSError, in one line.

    Args:
        place: what was asked for, for the message.
    """
    errors = hub_client().errors
    try:
        yield
    except errors.GatedRepoError:
        raise InputError(
            f"{place} must be open to you. Received: a repository that one must ask for access to."
        ) from None
    except errors.RepositoryNotFoundError:
        raise InputError(
            f"{place} must be on the hub, and `hf auth login` must have been run where it is private or is pushed to. "
            "Received: no such repository."
        ) from None
    except errors.RevisionNotFoundError:
        raise InputError(
            f"{place} must be a branch, a tag or a commit of the repository. Received: none of them."
        ) from None
    except errors.LocalEntryNotFoundError as error:  # what the client makes of a connection that fails
        raise OSError(f"{place} cannot be reached: {one_line(error)}") from error
    except errors.EntryNotFoundError:
        raise InputError(f"{place} must be a file of the repository. Received: no such file.") from None
    except errors.HFValidationError as error:
        raise InputError(f"{place} must be named as the hub names repositories. Received: {one_line(error)}") from None
    except errors.LocalTokenNotFoundError:
        raise InputError(f"{place} needs a token: run `hf auth login`. Received: none.") from None
    except (errors.HTTPError, ConnectionError) as error:
        raise OSError(f"{place} cannot be reached: {one_line(error)}") from error
    except ValueError as error:  # of the header of a card
        raise InputError(f"{place} must be as the hub takes it. Received: {one_line(error)}") from None


def one_line(error: Exception) -> str:
    """What an error says, cut off where it is long."""
    return " ".join(str(error).split())[:200] or type(error).__name__

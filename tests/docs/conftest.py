from __future__ import annotations

import pytest

from docs.site import reference


@pytest.fixture(scope="session")
def pages():
    """The pages of the reference that Python makes, by their names."""
    return reference.pages()

"""Pictures that Pillow reads and does not write."""

from __future__ import annotations

import pytest

from tests.png import write_png_file


@pytest.fixture
def write_deep_colours():
    """Writes a PNG of 2x2 pixels with 16 bits for each of its channels."""

    def write(path, channels):
        path.parent.mkdir(parents=True, exist_ok=True)
        numbers = [[[1000 * (y + x + c) for c in range(channels)] for x in range(2)] for y in range(2)]
        write_png_file(path, numbers, depth=16)

    return write

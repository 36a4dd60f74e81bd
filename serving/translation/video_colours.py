"""What the numbers of a video's frames mean as colours, kept from the source to what is written.

The matrix, between RGB and luma with two colour differences, and the range of its numbers are applied on both sides;
primaries and transfer function are only passed on, for a network sees the numbers that a screen would get. Where a
video does not state its matrix, it is what players take: BT.709 from 720 lines on, BT.601 below.

The numbers of the tags are those of ITU-T H.273 (Coding-independent code points), tables 2 to 4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from serving.common.errors import InputError

RGB, BT709, UNSTATED, BT601 = 0, 1, 2, 6
HIGH_DEFINITION = 720
# Matrix of H.273 -> that of libswscale.
MATRICES = {BT709: 1, 4: 4, 5: 5, BT601: 5, 7: 7}
LIMITED, FULL = 1, 2
# What is no matrix of standard dynamic range, by tag.
OTHER_MATRICES = {8: "YCgCo", 9: "BT.2020", 10: "BT.2020 of constant luminance", 14: "ICtCp"}
HDR_TRANSFERS = {16: "PQ (SMPTE ST 2084)", 18: "HLG (ARIB STD-B67)"}
WIDE_PRIMARIES = {9: "BT.2020"}


@dataclass(frozen=True)
class Colours:
    """The colour tags of a video, with what is not stated filled in.

    Attributes:
        matrix: between RGB and YCbCr.
        range: LIMITED (16 to 235) or FULL.
        primaries: of the tag; UNSTATED where there is none.
        transfer: likewise.
    """

    matrix: int
    range: int
    primaries: int
    transfer: int

    @classmethod
    def of(cls, frame: Any, context: Any, name: str) -> Colours:
        """Those of a stream, by its first frame.

        Args:
            frame: of PyAV.
            context: the codec context that decoded it.
            name: of the file, for the message.

        Raises:
            InputError: high dynamic range, BT.2020, or a matrix that is not known.
        """
        matrix, primaries, transfer = int(frame.colorspace), int(context.color_primaries), int(context.color_trc)
        other = HDR_TRANSFERS.get(transfer) or WIDE_PRIMARIES.get(primaries) or OTHER_MATRICES.get(matrix)
        if other is None and matrix not in (RGB, UNSTATED, *MATRICES):
            other = f"the colour matrix {matrix}"
        if other is not None:
            raise InputError(
                f"{name} must have colours of BT.709 or BT.601, as ffmpeg's filters zscale and tonemap make them. "
                f"Received: {other}."
            )
        if matrix not in MATRICES:
            matrix = BT709 if frame.height >= HIGH_DEFINITION else BT601
        stored_as_rgb = frame.format.is_rgb
        full = int(frame.color_range) == FULL and not stored_as_rgb
        return cls(matrix, FULL if full else LIMITED, primaries, transfer)

    def pixels(self, frame: Any, channels: int) -> np.ndarray:
        """A frame as uint8 (height, width, channels)."""
        source = {} if frame.format.is_rgb else {"src_colorspace": MATRICES[self.matrix], "src_color_range": self.range}
        pixels = frame.to_ndarray(format="rgb24", dst_color_range=FULL, **source)
        return pixels if channels == 3 else grey_of(pixels)

    def encodable(self, frame: Any, pixel_format: str) -> Any:
        """A frame of RGB as one of YCbCr."""
        return frame.reformat(
            format=pixel_format,
            dst_colorspace=MATRICES[self.matrix],
            src_color_range=FULL,
            dst_color_range=self.range,
        )

    def tag(self, context: Any) -> None:
        """Writes the tags into the codec context of what is written."""
        context.colorspace, context.color_range = self.matrix, self.range
        context.color_primaries, context.color_trc = self.primaries, self.transfer


def grey_of(pixels: np.ndarray) -> np.ndarray:
    """As pictures are made grey, by Pillow."""
    from PIL import Image

    return np.asarray(Image.fromarray(pixels).convert("L"))[..., None]

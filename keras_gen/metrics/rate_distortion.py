"""What pictures cost as files of codes, and what they lose: a curve over the bits of each number of a code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from keras_gen.metrics.figure import Figure
from serving.common.images import to_float, to_uint8
from serving.latents.code_files import coded_levels
from serving.latents.distortion import psnr
from serving.latents.quantization import quantize
from serving.latents.range_coder import entropy_bits

# Of each number of a code, from the coarsest to where rounding no longer shows.
BITS = (1, 2, 3, 4, 5, 6, 7, 8)
DIGITS = 4


@dataclass(frozen=True)
class Point:
    """A point of a curve of rate and distortion.

    Attributes:
        bits: of each number of a code, before it is coded.
        rate: bits per pixel that the coded numbers take, as in a file of `keras-gen compress`, without its header.
        entropy: bits per pixel that they take at least, where each place's frequencies are known.
        quality: peak signal-to-noise ratio of what is decoded, mean of the pictures, decibels.
    """

    bits: int
    rate: float
    entropy: float
    quality: float


def rate_distortion(images: np.ndarray, codes: np.ndarray, decode: Callable[[np.ndarray], np.ndarray]) -> list[Point]:
    """The curve, from the coarsest codes on.

    Codes that are whole numbers name something, as those of a codebook do, and cannot be coarser: the curve is then
    the one point at which all of them are kept.

    Args:
        images: (n, height, width, channels) in [-1, 1].
        codes: (n, size), of the encoder.
        decode: such codes to pictures in [-1, 1].

    Source: Shannon 1959, "Coding theorems for a discrete source with a fidelity criterion"; the coder: see
    `serving.latents.range_coder`.
    """
    pixels = len(images) * images.shape[1] * images.shape[2]
    points = []
    for bits in _bits_of(codes):
        quantized = quantize(codes, bits)
        written, least = 8 * len(coded_levels(quantized)), entropy_bits(quantized.levels.T)
        decoded = to_float(to_uint8(decode(quantized.codes())))
        points.append(Point(bits, written / pixels, least / pixels, float(psnr(decoded, images).mean())))
    return points


def rate_distortion_figures(points: list[Point], data: str, count: int, seed: int) -> list[Figure]:
    """A figure of each point: the quality, with what it costs beside it.

    Args:
        points: of the curve.
        data: what was measured on.
        count: how many pictures.
        seed: of the draw of the pictures.
    """
    return [
        Figure(
            "rate_distortion",
            point.quality,
            "dB",
            data,
            count,
            {
                "bits per pixel": round(point.rate, DIGITS),
                "entropy": round(point.entropy, DIGITS),
                "bits of a number": point.bits,
                "seed": seed,
            },
        )
        for point in points
    ]


def _bits_of(codes: np.ndarray) -> tuple[int, ...]:
    whole = codes.min() >= 0 and np.array_equal(codes, np.rint(codes))
    return (max(1, int(np.ptp(codes, axis=0).max()).bit_length()),) if whole else BITS

"""Colour profiles: from the colours that a picture's numbers mean to those of sRGB."""

from __future__ import annotations

import io
import logging
from functools import lru_cache

import numpy as np
from PIL import Image, ImageCms

log = logging.getLogger(__name__)

# Colour space of a profile -> mode of the pictures that it is for.
MODES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}
# Where a profile changes no colour by more, it says what is true without it; sRGB comes in many copies.
SAME = 2
PROBES = 6
PROFILES_KEPT = 32


def in_srgb(image: Image.Image, name: str) -> Image.Image:
    """A picture of 8 bits with its embedded ICC profile applied; grey stays grey, and opacity as it is.

    Conversion is relative colorimetric with black point compensation. A profile that is broken, or not for pictures of
    this kind, is left aside, and a line says so for the first picture of each reason.

    Args:
        image: of any mode with 8 bits.
        name: for the line.
    """
    profile = image.info.get("icc_profile")
    if not profile:
        return image
    try:
        mode, transform = _transform(profile)
    except (ImageCms.PyCMSError, OSError, ValueError, KeyError) as error:
        return _left_aside(image, name, " ".join(str(error).split())[:80])
    if transform is None:
        return image
    clear = image.has_transparency_data
    plain = image.convert("RGBA" if clear else "RGB") if image.mode in ("P", "PA") else image
    alpha = plain.convert("RGBA").getchannel("A") if clear else None
    grey = plain.mode in ("1", "L", "LA")
    if (mode == "CMYK") != (plain.mode == "CMYK") or (mode == "L" and not grey):
        return _left_aside(image, name, f"it is for {mode} pictures, and this one is {image.mode}")
    converted = ImageCms.applyTransform(plain.convert(mode), transform)
    assert converted is not None, "not in place"
    converted = converted.convert("L") if grey else converted
    if alpha is not None:
        converted.putalpha(alpha)
    converted.info.pop("icc_profile", None)
    return converted


def _left_aside(image: Image.Image, name: str, reason: str) -> Image.Image:
    _say(reason, name)
    return image


@lru_cache(maxsize=PROFILES_KEPT)
def _said(reason: str) -> list[str]:
    return []


def _say(reason: str, name: str) -> None:
    """A line for the first picture of a reason; a folder may have thousands."""
    if not _said(reason):
        _said(reason).append(name)
        log.warning("%s has a colour profile that is left aside: %s. Its numbers are taken for sRGB.", name, reason)


@lru_cache(maxsize=PROFILES_KEPT)
def _transform(profile: bytes) -> tuple[str, ImageCms.ImageCmsTransform | None]:
    """The mode that a profile is for, and the way to sRGB; None where the numbers are those of sRGB."""
    opened = ImageCms.getOpenProfile(io.BytesIO(profile))
    space = opened.profile.xcolor_space.strip()
    if space not in MODES:
        raise ValueError(f"it is of the colour space {space}")
    mode = MODES[space]
    transform = ImageCms.buildTransform(
        opened,
        ImageCms.createProfile("sRGB"),
        mode,
        "RGB",
        ImageCms.Intent.RELATIVE_COLORIMETRIC,
        ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
    if mode == "CMYK":
        return mode, transform
    levels = np.linspace(0, 255, PROBES).astype(np.uint8)
    colours = np.stack(np.meshgrid(levels, levels, levels), -1).reshape(1, -1, 3)
    probe = Image.fromarray(colours if mode == "RGB" else np.arange(256, dtype=np.uint8)[None])
    shown = ImageCms.applyTransform(probe, transform)
    assert shown is not None, "not in place"
    change = np.asarray(shown, int) - np.asarray(probe.convert("RGB"), int)
    return mode, None if np.abs(change).max() <= SAME else transform

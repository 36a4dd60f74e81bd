"""A file with the codes of pictures, for writers and readers that have the same bundle.

    magic | length of the header, uint32 | header, JSON | low, float32 each | high, float32 each | levels | CRC-32

Numbers are little-endian, and the CRC-32 covers everything before it. Levels are packed by
`serving.latents.quantization.pack` in format 1, and coded by `serving.latents.range_coder` in format 2, one dimension
of the codes after the other; a file has the format that is shorter.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from serving.bundle.manifest import Manifest
from serving.common.errors import InputError
from serving.common.files import whole_file
from serving.latents.code_header import (
    CODED,
    CODED_BYTES,
    MOST_CODED_BITS,
    MOST_LEVELS,
    PACKED,
    check_names,
    parse_header,
)
from serving.latents.quantization import Quantized, pack, packed_size, unpack
from serving.latents.range_coder import decode, encode

MAGIC = b"KGCODES\n"
WORD = 4
SHOWN_DIGITS = 12


@dataclass(frozen=True)
class CodeFile:
    """The contents of a file of codes.

    Attributes:
        decoder: SHA-256 of the bundle's `decoder.onnx`, in hexadecimal.
        image: (height, width, channels) of the pictures.
        names: one for each picture, all different, for its file.
        quantized: the codes, (n, latent size).
        label: the class that the decoder receives, or None.
    """

    decoder: str
    image: tuple[int, int, int]
    names: tuple[str, ...]
    quantized: Quantized
    label: int | None = None


def write_codes(path: Path, file: CodeFile) -> int:
    """Writes a file of codes, completely or not at all, and returns how many bytes of it are levels.

    Raises:
        InputError: there is not one name for each picture, two are equal, or one cannot be a file name.
    """
    n, size = file.quantized.levels.shape
    check_names(list(file.names), n)
    payload = coded_levels(file.quantized)
    coded = len(payload) < packed_size(file.quantized.bits, file.quantized.levels.size)
    header = {
        **({"format_version": CODED, CODED_BYTES: len(payload)} if coded else {"format_version": PACKED}),
        "decoder": file.decoder,
        "image": list(file.image),
        "number": n,
        "latent_size": size,
        "bits": file.quantized.bits,
        "names": list(file.names),
        "label": file.label,
    }
    text = json.dumps(header, separators=(",", ":")).encode()
    limits = np.stack([file.quantized.low, file.quantized.high]).astype("<f4").tobytes()
    content = b"".join([MAGIC, len(text).to_bytes(WORD, "little"), text, limits, payload])
    with whole_file(path) as temporary:
        temporary.write_bytes(content + _checksum(content))
    return len(payload)


def coded_levels(quantized: Quantized) -> bytes:
    """The levels as a file has them: coded by their frequencies where that is shorter, else packed, which are as many
    bytes as `packed_size` says."""
    if quantized.bits <= MOST_CODED_BITS and quantized.levels.size <= MOST_LEVELS:
        coded = encode(quantized.levels.T, 2**quantized.bits)
        if len(coded) < packed_size(quantized.bits, quantized.levels.size):
            return coded
    return pack(quantized.levels, quantized.bits)


def read_codes(path: Path) -> CodeFile:
    """Reads a file of `write_codes`. Memory is allocated only for what the length of the file allows.

    Raises:
        InputError: the file does not exist, has another or a newer format, is truncated, too long or damaged.
    """
    if not path.is_file():
        raise InputError(
            f"{path} must be a file of codes. Received: {'a folder' if path.is_dir() else 'no such file'}."
        )
    try:
        with path.open("rb") as stream:
            return _read(stream, path.stat().st_size)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def check_bundle(file: CodeFile, manifest: Manifest) -> None:
    """Raises InputError if the codes were written with another decoder than this bundle's."""
    digest = decoder_hash(manifest)
    if file.decoder != digest:
        raise InputError(
            f"codes must be of this bundle, whose decoder has the SHA-256 {digest[:SHOWN_DIGITS]}... "
            f"Received: codes for {file.decoder[:SHOWN_DIGITS]}..."
        )


def decoder_hash(manifest: Manifest) -> str:
    """SHA-256 of the decoder of a bundle, which identifies what codes belong to.

    Raises:
        InputError: the bundle has no decoder.
    """
    if "decoder" not in manifest.networks:
        raise InputError(f"the bundle must have a decoder. Received: one with {', '.join(manifest.networks)}.")
    return manifest.networks["decoder"].sha256


def _read(stream: BinaryIO, length: int) -> CodeFile:
    start = _read_start(stream, length)
    header = parse_header(start[len(MAGIC) + WORD :])
    n, size, bits = header["number"], header["latent_size"], header["bits"]
    coded = header.get(CODED_BYTES)
    of_limits, of_levels = 2 * size * WORD, packed_size(bits, n * size) if coded is None else coded
    expected = len(start) + of_limits + of_levels + WORD
    if length != expected:
        raise InputError(f"a file of these codes must have {expected} bytes. Received: {length}.")
    limits, levels = stream.read(of_limits), stream.read(of_levels)
    _check_sum(start + limits + levels, stream.read(WORD))
    low, high = np.frombuffer(limits, "<f4").astype(np.float32).reshape(2, size)
    if not (np.isfinite(low) & np.isfinite(high) & (low <= high)).all():
        raise InputError("every dimension must have a lowest and a highest code, finite. Received: other limits.")
    found = unpack(levels, bits, n * size).reshape(n, size) if coded is None else decode(levels, 2**bits, size, n).T
    quantized = Quantized(found, low, high, bits)
    return CodeFile(header["decoder"], tuple(header["image"]), tuple(header["names"]), quantized, header["label"])


def _read_start(stream: BinaryIO, length: int) -> bytes:
    """Everything up to the end of the header."""
    start = stream.read(len(MAGIC) + WORD)
    if not start.startswith(MAGIC):
        raise InputError(f"a file of codes must begin with {MAGIC!r}. Received: {start[: len(MAGIC)]!r}.")
    of_header = int.from_bytes(start[len(MAGIC) :], "little")
    least = len(MAGIC) + WORD + of_header + WORD
    if length < least:
        raise InputError(f"a file of these codes must have at least {least} bytes. Received: {length}.")
    return start + stream.read(of_header)


def _check_sum(content: bytes, stated: bytes) -> None:
    if _checksum(content) != stated:
        raise InputError(
            f"a file of codes must have the CRC-32 {stated.hex()} that it states. Received: {_checksum(content).hex()}."
        )


def _checksum(content: bytes) -> bytes:
    return zlib.crc32(content).to_bytes(WORD, "little")

from __future__ import annotations

import json
import struct
import tracemalloc
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from serving import InputError
from serving.bundle.manifest import Manifest
from serving.latents.code_files import CodeFile, check_bundle, read_codes, write_codes
from serving.latents.code_header import distinct_names
from serving.latents.quantization import pack, quantize
from serving.latents.range_coder import entropy_bits

CODES = np.random.default_rng(0).normal(size=(3, 5)).astype(np.float32)
FILE = CodeFile("ab" * 32, (4, 6, 1), ("one", "zwei", "drei-ü"), quantize(CODES, 7))
HEADER = {
    "format_version": 1,
    "decoder": "ab" * 32,
    "image": [4, 6, 1],
    "number": 3,
    "latent_size": 5,
    "bits": 7,
    "names": ["one", "zwei", "drei-ü"],
    "label": None,
}


def by_hand(header, limits=None, levels=None):
    """A file of codes as the format describes it."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    limits = np.stack([CODES.min(axis=0), CODES.max(axis=0)]) if limits is None else limits
    content = b"KGCODES\n" + struct.pack("<I", len(text)) + text + limits.astype("<f4").tobytes()
    content += pack(FILE.quantized.levels, 7) if levels is None else levels
    return content + struct.pack("<I", zlib.crc32(content))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "c.kgc"


def same(a, b):
    assert (a.decoder, a.image, a.names, a.label, a.quantized.bits) == (
        *(b.decoder, b.image, b.names, b.label, b.quantized.bits),
    )
    for name in ("levels", "low", "high"):
        np.testing.assert_array_equal(getattr(a.quantized, name), getattr(b.quantized, name), strict=True)


@pytest.mark.parametrize("bits", [1, 7, 16])
def test_what_was_written_is_read(path, bits):
    file = replace(FILE, quantized=quantize(CODES, bits))
    write_codes(path, file)
    same(read_codes(path), file)
    np.testing.assert_array_equal(read_codes(path).quantized.codes(), file.quantized.codes())


def many(bits):
    """4,000 codes whose numbers are far from even."""
    codes = np.random.default_rng(1).normal(size=(4000, 3)).astype(np.float32)
    names = tuple(str(index) for index in range(4000))
    return CodeFile("ab" * 32, (4, 6, 1), names, quantize(codes, bits))


def test_many_codes_take_about_their_entropy_and_are_read_again(path):
    file = many(7)
    written = write_codes(path, file)
    least = entropy_bits(file.quantized.levels.T)
    assert 1 <= 8 * written / least < 1.03
    assert written < len(pack(file.quantized.levels, 7))
    same(read_codes(path), file)
    content = path.read_bytes()
    assert json.loads(content[12 : 12 + struct.unpack("<I", content[8:12])[0]])["format_version"] == 2
    for changed in (content[:-9], content + b"\0", content[:-50] + bytes([content[-50] ^ 4]) + content[-49:]):
        path.write_bytes(changed)
        with pytest.raises(InputError, match="Received"):
            read_codes(path)


def test_the_format_is_the_one_described(path):
    path.write_bytes(by_hand(HEADER))
    same(read_codes(path), FILE)


def test_a_file_cut_anywhere_is_refused(path):
    write_codes(path, FILE)
    content = path.read_bytes()
    for length in range(len(content)):
        path.write_bytes(content[:length])
        with pytest.raises(InputError, match="Received"):
            read_codes(path)


def test_a_file_with_more_at_its_end_is_refused(path):
    write_codes(path, FILE)
    content = path.read_bytes()
    path.write_bytes(content + b"\0")
    with pytest.raises(InputError, match=f"must have {len(content)} bytes. Received: {len(content) + 1}."):
        read_codes(path)


def test_a_change_of_any_byte_is_noticed(path):
    write_codes(path, FILE)
    content = path.read_bytes()
    for place in range(len(content)):
        path.write_bytes(content[:place] + bytes([content[place] ^ 4]) + content[place + 1 :])
        with pytest.raises(InputError, match="Received") as error:
            read_codes(path)
        assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"number": 2**30, "names": ["one"]}, "one name for each of 1073741824 codes"),
        ({"latent_size": 2**30}, "bytes. Received: "),
        ({"latent_size": 10**4000}, "must have a valid latent_size"),
        ({"number": 0, "names": []}, "must have a valid number. Received: '0'."),
        ({"number": True}, "must have a valid number. Received: 'True'."),
        ({"bits": 17}, "must have a valid bits. Received: '17'."),
        ({"bits": 8.0}, "must have a valid bits. Received: '8.0'."),
        ({"image": [4, 6]}, "must have a valid image. Received: '[4, 6]'."),
        ({"decoder": "ab"}, "must have a valid decoder. Received: 'ab'."),
        ({"format_version": 3}, "format_version must be at most 2. Received: 3; update keras-gen."),
        ({"format_version": 2}, "Received: other entries."),
        ({"format_version": 2, "coded_bytes": -1}, "must have a valid coded_bytes. Received: '-1'."),
        ({"format_version": 2, "coded_bytes": 9, "bits": 16}, "must have a valid bits. Received: '16'."),
        ({"format_version": 2, "coded_bytes": 9, "latent_size": 2**25}, "must have a valid number. Received: '3'."),
        ({"format_version": "1"}, "must state a format_version"),
        ({"more": 1}, "Received: other entries."),
        ({"names": ["one", "zwei", "../drei"]}, "without separators. Received: '../drei'."),
        ({"names": ["one", "zwei", "..\\drei"]}, "without separators. Received:"),
        ({"names": ["one", "zwei", "C:drei"]}, "without separators. Received: 'C:drei'."),
        ({"names": ["one", "zwei", ".."]}, "without separators. Received: '..'."),
        ({"names": ["one", "zwei", ""]}, "without separators. Received: ''."),
        ({"names": ["one", "zwei", "a\0b"]}, "without separators. Received:"),
        ({"names": ["one", "zwei", "ONE"]}, "names must be distinct. Received: one twice."),
        ({"names": ["one", "zwei", 3]}, "one name for each of 3 codes. Received: another list."),
        ({"label": -1}, "must have a valid label. Received: '-1'."),
        ({"label": False}, "must have a valid label. Received: 'False'."),
        ({"names": "one"}, "one name for each of 3 codes. Received: another list."),
    ],
)
def test_a_header_that_states_something_else_is_refused_before_memory_is_taken(path, change, message):
    path.write_bytes(by_hand({**HEADER, **change}))
    tracemalloc.start()
    try:
        with pytest.raises(InputError) as error:
            read_codes(path)
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()
    assert message in str(error.value)
    assert str(path) in str(error.value)


@pytest.mark.parametrize("header", [b"", b"{", b"[]", b"\xff", b"[" * 100_000, b"3"])
def test_a_header_that_is_none_is_refused(path, header):
    path.write_bytes(by_hand(header))
    with pytest.raises(InputError, match="header"):
        read_codes(path)


@pytest.mark.parametrize("low", [np.nan, -np.inf, 1e9])
def test_limits_that_are_none_are_refused(path, low):
    limits = np.stack([CODES.min(axis=0), CODES.max(axis=0)])
    limits[0, 2] = low
    path.write_bytes(by_hand(HEADER, limits))
    with pytest.raises(InputError, match="a lowest and a highest code, finite"):
        read_codes(path)


def test_alien_files_are_refused(path, tmp_path):
    path.write_bytes(b"\x89PNG\r\n\x1a\n and so on")
    with pytest.raises(InputError, match="must begin with b'KGCODES"):
        read_codes(path)
    with pytest.raises(InputError, match="Received: no such file."):
        read_codes(tmp_path / "nowhere.kgc")
    with pytest.raises(InputError, match="Received: a folder."):
        read_codes(tmp_path)


def test_names_that_lead_elsewhere_are_not_written(path):
    with pytest.raises(InputError, match="without separators. Received: 'a/b'."):
        write_codes(path, replace(FILE, names=("a/b", "c", "d")))
    assert not path.exists()


def test_names_come_from_stems_and_stay_distinct():
    paths = ["x/a.png", "y/a.jpg", "A.png", "a-2.png", "b.c.png", "d:e\n.png"]
    assert distinct_names([Path(path) for path in paths]) == ["a", "a-2", "A-3", "a-2-2", "b.c", "d_e_"]


def test_codes_belong_to_one_decoder(vae_bundle):
    manifest = Manifest.read(vae_bundle)
    digest = manifest.networks["decoder"].sha256
    check_bundle(replace(FILE, decoder=digest), manifest)
    with pytest.raises(InputError) as error:
        check_bundle(FILE, manifest)
    assert f"SHA-256 {digest[:12]}... Received: codes for abababababab..." in str(error.value)
    del manifest.networks["decoder"]
    with pytest.raises(InputError, match="must have a decoder. Received: one with encoder"):
        check_bundle(FILE, manifest)

"""`keras-gen compress BUNDLE PICTURES --bits 8 --out codes.kgc`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from keras_gen.cli.bundle_options import add_pictures, bundle_parser, encode_files, open_bundle
from serving.bundle.inputs import picture_paths
from serving.common.images import to_float, to_uint8
from serving.latents.code_files import CodeFile, decoder_hash, write_codes
from serving.latents.code_header import distinct_names
from serving.latents.distortion import psnr
from serving.latents.quantization import check_bits, quantize
from serving.latents.range_coder import entropy_bits


def run(words: Sequence[str]) -> int:
    """Writes the quantized codes of pictures as a file, and prints its rate and what the pictures lose."""
    parser = bundle_parser("compress", "Write pictures as a small file of quantized codes.", ".kgc file to write.")
    add_pictures(parser)
    parser.add_argument("--bits", type=int, default=8, help="bits for each number of a code, 1 to 16.")
    options = parser.parse_args(words)
    check_bits(options.bits)
    sampler = open_bundle(options, ".kgc")
    decoder, files = decoder_hash(sampler.manifest), picture_paths(options.pictures, sampler.manifest.image.channels)
    pictures, codes = encode_files(sampler, options.pictures, options.resize)
    quantized = quantize(codes, options.bits)
    decoded = to_uint8(sampler.decode(quantized.codes()))
    height, width, channels = pictures.shape[1:]
    out = Path(options.out)
    names = tuple(distinct_names(files))
    of_codes = write_codes(out, CodeFile(decoder, (height, width, channels), names, quantized, sampler.label))
    pixels, written = height * width, out.stat().st_size
    every, least = pixels * len(pictures), entropy_bits(quantized.levels.T)
    originals = sum(file.stat().st_size for file in files)
    print(f"{len(pictures)} pictures of {width}x{height}, {codes.shape[1]} numbers of {options.bits} bits each: {out}")
    print(f"codes       {codes.shape[1] * options.bits / pixels:.4f} bits per pixel")
    print(f"coded       {8 * of_codes / every:.4f} bits per pixel; their entropy is {least / every:.4f}")
    print(f"whole file  {8 * written / every:.4f} bits per pixel, {written} bytes")
    print(f"originals   {originals} bytes")
    print(f"PSNR        {psnr(to_float(decoded), to_float(pictures)).mean():.2f} dB, mean of the pictures")
    return 0

"""`keras-gen info BUNDLE`."""

from __future__ import annotations

from collections.abc import Sequence

from keras_gen.cli.parser import Parser
from serving.bundle.film import read_film
from serving.bundle.hub import manifest_sha256
from serving.bundle.manifest import Manifest, Tensor, origin_text
from serving.bundle.references import BUNDLE_HELP, bundle_folder
from serving.bundle.safety import check_network
from serving.bundle.verified import read_verified, stored_files
from serving.latents.stored_codes import read_codes
from serving.translation import is_translator, targets


def run(words: Sequence[str]) -> int:
    """Checks every file of a bundle and prints what it holds."""
    parser = Parser("keras-gen info", description="Show what a bundle contains, and verify its files.")
    parser.add_argument("bundle", type=str, help=BUNDLE_HELP)
    bundle = bundle_folder(parser.parse_args(words).bundle)
    manifest = Manifest.read(bundle)
    contents = {stored.file: read_verified(bundle, stored) for stored in stored_files(manifest)}
    for network in manifest.networks.values():
        beside = {network.weights.file: network.weights.size} if network.weights else {}
        check_network(contents[network.file], beside, bundle / network.file)
    if manifest.codes:
        read_codes(bundle, manifest)
    if manifest.film:
        read_film(bundle, manifest)
    print("\n".join([*_lines(manifest), f"manifest  SHA-256 {manifest_sha256(bundle)}"]))
    return 0


def _lines(manifest: Manifest) -> list[str]:
    image = manifest.image
    size = f"{image.width}x{image.height}x{image.channels}"
    free = f", or any size: sides are brought to multiples of {image.multiple}" if image.any_size else ""
    shown = "points    of the plane, two numbers each" if image.is_point else f"pictures  {size}{free}"
    lines = [f"model     {manifest.model}", shown]
    if is_translator(manifest):
        called = (f"{to} ({manifest.domains[to]})" if to in manifest.domains else to for to in targets(manifest))
        lines.append(f"to        {', '.join(called)}")
    if manifest.latent:
        prior = (manifest.latent.prior or "no prior to sample from").replace("_", " ")
        noise = manifest.networks.get("noise")
        truncated = ", takes a truncation" if noise and "truncation" in noise.inputs else ""
        lines.append(f"latent    {manifest.latent.size}, {prior}{truncated}")
    if manifest.classes:
        lines.append(f"classes   {', '.join(manifest.classes)}")
    if manifest.origin:
        lines.append("weights   not trained with keras-gen: how is unknown")
    else:
        lines.append(f"weights   {manifest.weights}, {manifest.training.get('steps', '?')} training steps")
    if manifest.license:
        lines.append(f"licence   {manifest.license}")
    lines.append("networks  every file matches its SHA-256")
    for name, network in manifest.networks.items():
        signature = f"{_tensors(network.inputs)} -> {_tensors(network.outputs)}"
        beside = f" and {network.weights.file}, {_mebibytes(network.weights.size)}" if network.weights else ""
        lines.append(f"  {network.file} ({_mebibytes(network.size)}{beside}): {signature}")
        differences = ", ".join(f"{key} {value:.2g}" for key, value in manifest.parity.get(name, {}).items())
        if differences:
            lines.append(f"    largest difference from {manifest.compared_with}: {differences}")
        if origin := manifest.origin.get(name):
            lines.append(f"    from {origin_text(origin)}")
        if quantized := manifest.quantization.get(name):
            psnr = f"PSNR {quantized.psnr:.1f} dB against before, {quantized.at_least:.1f} requested"
            lines.append(f"    {quantized.numbers}: {psnr}")
        for provider, networks in manifest.providers.items():
            if measured := networks.get(name):
                shown = ", ".join(f"{precision} {psnr:.1f} dB" for precision, psnr in measured.items())
                lines.append(f"    on {provider}: PSNR against the CPU in float32: {shown}")
    if codes := manifest.codes:
        lines.append(
            f"codes     of {codes.count} pictures of {codes.source} ({_mebibytes(codes.size + codes.atlas.size)})"
        )
    for domain, brought in manifest.examples.items():
        size = _mebibytes(brought.size)
        lines.append(f"examples  {brought.count} pictures of domain {domain}, of {brought.source} ({size})")
    if film := manifest.film:
        lines.append(f"film      of the training ({_mebibytes(film.size + film.frames.size)})")
    return lines


def _mebibytes(size: int) -> str:
    return f"{size / 2**20:.2f} MiB"


def _tensors(tensors: dict[str, Tensor]) -> str:
    return ", ".join(f"{name} {tensor.dtype}[{', '.join(map(str, tensor.axes))}]" for name, tensor in tensors.items())

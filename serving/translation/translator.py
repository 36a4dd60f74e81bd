"""Translates pictures from one domain to another with ONNX Runtime."""

from __future__ import annotations

from copy import copy
from functools import cached_property
from pathlib import Path
from typing import Unpack

import numpy as np
from PIL import Image as PillowImage

from serving.bundle.manifest import Manifest, Network, Tensor
from serving.bundle.names import (
    IMAGE,
    LABEL,
    LATENT,
    MASK,
    MEASURED_STATISTICS,
    NOISE,
    SEED,
    START,
    STATISTICS,
    TO_CLASS,
    TRANSLATION,
    USE_OWN_STATISTICS,
    N,
    name_in,
)
from serving.common.arrays import plain_array
from serving.common.errors import InputError, require_integer
from serving.common.images import by_channel, to_float, to_uint8
from serving.common.noise import check_seed
from serving.runtime.providers import AUTO, Execution
from serving.runtime.runner import copied
from serving.runtime.sessions import OfBundle, Options, Sessions, Settings
from serving.translation.masks import WHITE, masked
from serving.translation.tiles import Axis, blended

TILE = 768
# More at a time is slower on a CPU: nine pictures of 256x256 take 71 ms each, one alone 62.
PIXELS_AT_ONCE = 2**16
OVERLAP = 0.25
SMALLEST_SIDE = 2

Size = tuple[int, int]


class Translator(OfBundle):
    """Translates pictures of any size from one domain to another.

    A model with noise has several answers to a picture: a translator gives the one of `seed` and `variant`, the first
    of seed 0 unless `answering` says otherwise, to every picture.

    Args:
        bundle: folder written by `keras-gen export`.
        settings: how to run it, or the provider alone: `auto`, `cpu`, `cuda`, `tensorrt` or `openvino`.
        tile: side of the tiles that larger pictures are cut into. A network that accepts only one size has tiles of
            that size.
        manifest: the bundle's manifest, if it was read already.
        **options: fields of `Settings`, by name: `provider`, `threads`, `spinning`, `fixed_batches`,
            `precision`.

    Raises:
        InputError: the folder is not a bundle of a model that translates, or a file is missing or truncated; the tile
            is too small.
    """

    def __init__(
        self,
        bundle: str | Path,
        settings: Settings | str = AUTO,
        *,
        tile: int = TILE,
        manifest: Manifest | None = None,
        **options: Unpack[Options],
    ) -> None:
        self.sessions = Sessions(bundle, Settings.of(settings, options), manifest)
        if not is_translator(self.manifest):
            raise InputError(f"{self.bundle} must translate. Received: a bundle of {self.manifest.model!r}.")
        self.image = self.manifest.image
        require_integer(2 * self.image.multiple, tile=tile)
        side = tile - tile % self.image.multiple
        self.tile: Size = (side, side) if self.image.any_size else (self.image.height, self.image.width)
        self.seed, self.variant = 0, 0
        # Whether a mask is the last channel of what `_whole` and all below it make.
        self._masked = False

    @cached_property
    def targets(self) -> tuple[str, ...]:
        """The domains that pictures can be translated to: `a`, `b`, or the classes of a network that is told one."""
        return targets(self.manifest)

    @cached_property
    def noise_dim(self) -> int:
        """Length of the latents by which a picture has several answers; 0 where it has one."""
        described = self.manifest.networks[self.network_to(self.targets[0])].inputs
        return int(described[LATENT].axes[1]) if LATENT in described else 0

    def answering(self, seed: int = 0, variant: int = 0) -> Translator:
        """The same translator, with another answer to every picture.

        Args:
            seed: any 64-bit integer.
            variant: which of the seed's answers, from 0.

        Raises:
            InputError: a bundle without noise, or a value out of range.
        """
        check_seed(seed)
        require_integer(0, variant=variant)
        if not self.noise_dim:
            raise InputError(
                f"`seed` and `variants` must be left out for {self.bundle}, which has one answer to each picture. "
                f"Received: seed {seed}."
            )
        other = copy(self)
        other.seed, other.variant = seed, variant
        return other

    def variants(self, images: np.ndarray, count: int, to: str | None = None, seed: int = 0) -> np.ndarray:
        """Several answers to each picture, those of the latents 0 to `count` - 1 of a seed.

        Args:
            images: as for `translate`.
            count: how many, at least 1.
            to: as for `translate`.
            seed: any 64-bit integer.

        Returns:
            uint8 (n, count, height, width, channels).

        Raises:
            InputError: as `translate` and `answering`.
        """
        require_integer(1, count=count)
        return np.stack([self.answering(seed, each).translate(images, to) for each in range(count)], axis=1)

    def latents(self, n: int, seed: int = 0, start: int = 0) -> np.ndarray:
        """The latents `start` to `start + n - 1` of a seed, float32 (n, noise_dim)."""
        feed = {SEED: np.array(seed, np.int64), N: np.array(n, np.int64), START: np.array(start, np.int64)}
        return self.sessions.of(NOISE, small=True).run(feed, LATENT)

    def translate(
        self,
        images: np.ndarray,
        to: str | None = None,
        latents: np.ndarray | None = None,
        mask: np.ndarray | None = None,
    ) -> np.ndarray:
        """Translates pictures of one size, in batches of the fastest size; pictures larger than a tile in tiles.

        Args:
            images: uint8 (n, height, width, channels), sides of at least 2.
            to: the domain to translate to, one of `targets` or its name; may be left out where there is only one.
            latents: float32 (n, noise_dim), one for each picture, in place of the one of `seed` and `variant`.
            mask: uint8 or bool, (height, width) or (n, height, width): 255, or true, is translated; 0 is kept as it
                was; what lies between mixes both.

        Returns:
            uint8 (n, height, width, channels).

        Raises:
            InputError: the domain is unknown, pictures or latents have another shape or type, or the mask another size.
        """
        made = self._whole(images, to, latents)
        return made if mask is None else masked(images, made, mask)

    def attended(
        self, images: np.ndarray, to: str | None = None, latents: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Translations, and the masks outside of which the model has left the pictures as they were.

        Args:
            images: as for `translate`, and likewise the others.
            to: the domain to translate to.
            latents: of a model with noise.

        Returns:
            uint8 (n, height, width, channels), what `translate` gives; and uint8 (n, height, width), 255 where a
            picture was translated, 0 where it stayed, and what lies between where both were mixed.

        Raises:
            InputError: as `translate`, and a model without attention.
        """
        self.check_attention(to)
        other = copy(self)
        other._masked = True
        made = other._whole(images, to, latents)
        return made[..., :-1], made[..., -1]

    def check_attention(self, to: str | None = None) -> None:
        """Raises InputError for a bundle whose network towards a domain gives no mask."""
        if MASK not in self.manifest.networks[self.network_to(to)].outputs:
            raise InputError(
                f"{self.bundle} must be of a model with attention, for its masks. Received: one that gives none."
            )

    def _whole(self, images: np.ndarray, to: str | None, latents: np.ndarray | None) -> np.ndarray:
        network = self.network_to(to)
        images = self._checked(images)
        beside = self._beside(len(images), to, latents)
        height, width = images.shape[1:3]
        padded = _padded(images, self.size_inside(height, width))
        channels = self._channels_of(network)
        made = np.empty((*padded.shape[:3], channels), np.uint8)
        if padded.shape[1] * padded.shape[2] > self.tile[0] * self.tile[1]:
            for index, (picture, into) in enumerate(zip(padded, made, strict=True)):
                into[...] = self._in_tiles(picture, network, _rows(beside, index, index + 1))
        else:
            step = self.at_once(height, width)
            for start in range(0, len(padded), step):
                rows = slice(start, start + step)
                self._run(network, padded[rows], _rows(beside, start, start + step), made[rows])
        return made[:, :height, :width]

    def warm_up(self, height: int | None = None, width: int | None = None) -> None:
        """Translates a batch of blank pictures to every domain, so that the first request does not wait until the
        networks are open.

        Args:
            height: height of the pictures to expect; the manifest's by default.
            width: width of the pictures to expect; the manifest's by default.
        """
        size = height or self.image.height, width or self.image.width
        pictures = np.zeros((self.at_once(*size), *size, self.image.channels), np.uint8)
        for to in self.targets:
            self.translate(pictures, to)

    def size_inside(self, height: int, width: int) -> Size:
        """The size to which a picture is padded, by mirroring its right and lower border, so that the network accepts
        it."""
        multiple = self.image.multiple
        # At the smallest scale of a network a border must have a neighbour to be mirrored from.
        least = (2 * multiple, 2 * multiple) if self.image.any_size else self.tile
        return _rounded_up(max(height, least[0]), multiple), _rounded_up(max(width, least[1]), multiple)

    def at_once(self, height: int, width: int) -> int:
        """The fastest batch size for pictures of a size, with no more pixels than a tile."""
        padded = self.size_inside(height, width)
        return max(1, min(PIXELS_AT_ONCE, self.tile[0] * self.tile[1]) // (padded[0] * padded[1]))

    def check_target(self, to: str | None) -> None:
        """Raises InputError if pictures cannot be translated to this domain."""
        self.network_to(to)

    def enlarges(self, to: str | None = None) -> int:
        """How many times the sides of a small picture are those of its translation, as the network was trained: each of
        its pixels is shown as so many by so many before it is translated. 1 where pictures keep their size.

        Raises:
            InputError: the domain is unknown.
        """
        return self.image.enlarge if self.network_to(to) == direction_to("b") else 1

    def made_channels(self, to: str | None = None) -> int:
        """Channels of the pictures that `translate` gives.

        Raises:
            InputError: the domain is unknown.
        """
        return _channels(self.manifest.networks[self.network_to(to)].outputs[TRANSLATION])

    def _beside(self, n: int, to: str | None, latents: np.ndarray | None = None) -> dict[str, np.ndarray]:
        """What the network is given beside `n` pictures."""
        if latents is None and self.tells_class:
            return {LABEL: np.full(n, self._label_of(to), np.int64)}
        if latents is None:
            return {LATENT: self.latents(1, self.seed, self.variant).repeat(n, axis=0)} if self.noise_dim else {}
        latents = plain_array("latents", latents)
        if not self.noise_dim or latents.shape != (n, self.noise_dim) or latents.dtype != np.float32:
            wanted = f"float32 ({n}, {self.noise_dim})" if self.noise_dim else "left out"
            raise InputError(f"`latents` must be {wanted}. Received: {latents.dtype} {latents.shape}.")
        return {LATENT: latents}

    def _in_tiles(self, picture: np.ndarray, network: str, beside: dict[str, np.ndarray]) -> np.ndarray:
        by_statistics = f"{network}_tile"
        if by_statistics not in self.manifest.networks:
            return self._blended(picture, network, beside)
        return self._by_statistics(picture, by_statistics, self._measured(picture, by_statistics, beside), beside)

    def _by_statistics(
        self, picture: np.ndarray, network: str, statistics: np.ndarray, beside: dict[str, np.ndarray]
    ) -> np.ndarray:
        """Tiles that are normalized by given statistics."""
        use_own = name_in(self.manifest.networks[network].inputs, USE_OWN_STATISTICS)
        given = {STATISTICS: statistics, use_own: np.zeros((1, 1), np.float32), **beside}
        return self._blended(picture, network, given)

    def _blended(self, picture: np.ndarray, network: str, beside: dict[str, np.ndarray]) -> np.ndarray:
        rows, columns = (
            Axis(length, min(length, tile), int(OVERLAP * tile), self.image.multiple)
            for length, tile in zip(picture.shape[:2], self.tile, strict=True)
        )
        channels = self._channels_of(network)
        return blended(picture, lambda tile: self._run(network, tile, beside), rows, columns, channels)

    def statistics(self, picture: np.ndarray, to: str | None = None) -> np.ndarray:
        """What the normalization layers of a network measure in a picture, at a reduced size of at most a tile.

        Args:
            picture: uint8 (height, width, channels).
            to: the domain to translate to.

        Returns:
            float32 (1, size), with which the tiles of that picture are normalized.

        Raises:
            InputError: the domain is unknown, or the network does not take statistics as an input.
        """
        network = self._tile_network(to)
        return self._measured(self._checked(picture[None])[0], network, self._beside(1, to))

    def takes_statistics(self, to: str | None = None) -> bool:
        """Whether the network towards a domain can be told the statistics that it normalizes by."""
        return f"{self.network_to(to)}_tile" in self.manifest.networks

    def normalized(
        self, picture: np.ndarray, given: np.ndarray | None, own: float, to: str | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Translates a picture that is normalized by a mix of given statistics and its own.

        Args:
            picture: uint8 (height, width, channels).
            given: float32 (1, size), as the second result of an earlier call; None where `own` is 1.
            own: the share of the picture's own, in [0, 1].
            to: the domain to translate to.

        Returns:
            uint8 (height, width, channels), and the statistics that were used.

        Raises:
            InputError: the domain is unknown, or the network does not take statistics as an input.
        """
        network = self._tile_network(to)
        picture = self._checked(picture[None])[0]
        height, width = picture.shape[:2]
        padded = _padded(picture[None], self.size_inside(height, width))
        size = int(self.manifest.networks[network].inputs[STATISTICS].axes[1])
        given = np.zeros((1, size), np.float32) if given is None else given
        beside = self._beside(1, to)
        if padded.shape[1] * padded.shape[2] > self.tile[0] * self.tile[1]:
            used = _mixed(given, self._measured(picture, network, beside), own)
            made = self._by_statistics(padded[0], network, used, beside)
        else:
            made, measured = self._with_statistics(padded, network, given, own, beside)
            used = _mixed(given, measured, own)
        return made[:height, :width], used

    def _with_statistics(
        self, padded: np.ndarray, network: str, given: np.ndarray, own: float, beside: dict[str, np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray]:
        described = self.manifest.networks[network]
        feed = {
            IMAGE: self._as_input(network, padded),
            STATISTICS: given,
            name_in(described.inputs, USE_OWN_STATISTICS): np.full((1, 1), own, np.float32),
            **beside,
        }
        outputs = [TRANSLATION, name_in(described.outputs, MEASURED_STATISTICS)]
        made, measured = self.sessions.of(network).every(feed, outputs)
        return to_uint8(made)[0] if made.dtype != np.uint8 else made[0], measured

    def as_input(self, images: np.ndarray) -> np.ndarray:
        """Converts uint8 pictures to the type that this bundle's networks take."""
        return self._as_input(self.network_to(self.targets[0]), images)

    @property
    def execution(self) -> Execution:
        """The provider that the networks run on, and why a faster one is not used. Opens a network if none is open."""
        return self.sessions.execution(self.network_to(self.targets[0]))

    def _measured(self, picture: np.ndarray, network: str, beside: dict[str, np.ndarray]) -> np.ndarray:
        height, width = picture.shape[:2]
        scale = min(1.0, (self.tile[0] * self.tile[1] / (height * width)) ** 0.5)
        size = (max(1, int(width * scale)), max(1, int(height * scale)))
        small = by_channel(picture, lambda part: part.resize(size, PillowImage.Resampling.BOX))
        pixels = _padded(small[None], self.size_inside(size[1], size[0]))
        described = self.manifest.networks[network]
        feed = {
            IMAGE: self._as_input(network, pixels),
            STATISTICS: np.zeros((1, int(described.inputs[STATISTICS].axes[1])), np.float32),
            name_in(described.inputs, USE_OWN_STATISTICS): np.ones((1, 1), np.float32),
            **beside,
        }
        return self.sessions.of(network).run(feed, name_in(described.outputs, MEASURED_STATISTICS))

    def _run(
        self,
        network: str,
        images: np.ndarray,
        beside: dict[str, np.ndarray] | None = None,
        into: np.ndarray | None = None,
    ) -> np.ndarray:
        """Runs a network on pictures of a size that it takes, uint8 to uint8."""
        feed = {IMAGE: self._as_input(network, images), **(beside or {})}
        runner = self.sessions.of(network)
        if self._masked:
            made, mask = runner.every(feed, [TRANSLATION, MASK])
            levels = made if made.dtype == np.uint8 else to_uint8(made)
            made = np.concatenate([levels, np.rint(WHITE * np.clip(mask, 0, 1)).astype(np.uint8)], axis=-1)
            return made if into is None else copied(made, into)
        if self.manifest.networks[network].outputs[TRANSLATION].dtype == "uint8":
            return runner.run(feed, TRANSLATION, into)
        made = to_uint8(runner.run(feed, TRANSLATION))
        return made if into is None else copied(made, into)

    def _channels_of(self, network: str) -> int:
        """Of what `_run` makes."""
        return _channels(self.manifest.networks[network].outputs[TRANSLATION]) + self._masked

    def _as_input(self, network: str, images: np.ndarray) -> np.ndarray:
        return images if self.manifest.networks[network].inputs[IMAGE].dtype == "uint8" else to_float(images)

    def _tile_network(self, to: str | None) -> str:
        network = f"{self.network_to(to)}_tile"
        if network not in self.manifest.networks:
            raise InputError(f"{self.bundle} must have the network {network!r}. Received: a bundle without it.")
        return network

    @property
    def tells_class(self) -> bool:
        """Whether one network translates to every class, and is told which."""
        return TO_CLASS in self.manifest.networks

    def network_to(self, to: str | None) -> str:
        """The network that translates to a domain.

        Raises:
            InputError: the domain is unknown, or none is named where there are several.
        """
        if self.tells_class:
            self._label_of(to)
            return TO_CLASS
        if to is None and len(self.targets) == 1:
            to = self.targets[0]
        domain = next((domain for domain, name in self.manifest.domains.items() if name == to), to)
        if domain is None or domain not in self.targets:
            known = " or ".join(self.manifest.domains.get(each, each) for each in self.targets)
            raise InputError(f"{self.bundle} translates to {known}. Received: {to!r}.")
        return direction_to(domain)

    def _label_of(self, to: str | None) -> int:
        """The label of a class."""
        if to is None and len(self.targets) == 1:
            to = self.targets[0]
        if to not in self.targets:
            raise InputError(f"{self.bundle} translates to {' or '.join(self.targets)}. Received: {to!r}.")
        return self.targets.index(to)

    def _checked(self, images: np.ndarray) -> np.ndarray:
        images = plain_array("images", images)
        if images.ndim != 4 or not len(images) or images.shape[3] != self.image.channels:
            raise InputError(
                f"`images` must have the shape (n, height, width, {self.image.channels}). Received: {images.shape}."
            )
        if images.dtype != np.uint8:
            raise InputError(f"`images` must be uint8. Received: {images.dtype}.")
        if min(images.shape[1:3]) < SMALLEST_SIDE:
            raise InputError(
                f"a picture must have sides of at least {SMALLEST_SIDE} pixels. "
                f"Received: {images.shape[2]}x{images.shape[1]}."
            )
        return images


def is_translator(manifest: Manifest) -> bool:
    """Whether a bundle holds a network from pictures to pictures of another domain."""
    return any(_translates(network) for network in manifest.networks.values())


def direction_to(target: str) -> str:
    """The network that translates to a domain: `a_to_b` for `b`."""
    return "a_to_b" if target == "b" else "b_to_a"


def targets(manifest: Manifest) -> tuple[str, ...]:
    """The domains that a bundle's networks translate to: `a`, `b`, or the classes that one network is told."""
    if TO_CLASS in manifest.networks:
        return manifest.classes
    ends = {name.rpartition("_to_")[2] for name in manifest.networks}
    return tuple(domain for domain in "ab" if domain in ends)


def _translates(network: Network) -> bool:
    return IMAGE in network.inputs and TRANSLATION in network.outputs


def _rows(beside: dict[str, np.ndarray], start: int, end: int) -> dict[str, np.ndarray]:
    """What belongs to some of the pictures."""
    return {name: values[start:end] for name, values in beside.items()}


def _channels(tensor: Tensor) -> int:
    return int(tensor.axes[3])


def _mixed(given: np.ndarray, measured: np.ndarray, own: float) -> np.ndarray:
    return np.float32(own) * measured + np.float32(1 - own) * given


def _rounded_up(length: int, multiple: int) -> int:
    return -(-length // multiple) * multiple


def _padded(images: np.ndarray, size: Size) -> np.ndarray:
    """Pictures with their right and lower border mirrored up to a size."""
    missing = [inside - side for inside, side in zip(size, images.shape[1:3], strict=True)]
    if not any(missing):
        return images
    return np.pad(images, ((0, 0), (0, missing[0]), (0, missing[1]), (0, 0)), mode="symmetric")

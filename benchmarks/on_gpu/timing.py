"""Ours and PyTorch's ways of running a network, in turn on the same device."""

from __future__ import annotations

import contextlib
import select
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from on_gpu.budget import Clock
from on_gpu.networks import Bound, Way, ways
from on_gpu.parity import SIXTEEN, difference, providers

import serving
from serving import Settings
from serving.bundle.names import DECODER, IMAGE, LATENT, TRANSLATION

PEER = Path(__file__).parents[1] / "peers" / "torch_on_device.py"
# Of the seconds of a part, after which nothing more is opened.
OPENING = 0.5
ROUNDS, A_ROUND, MOST_RUNS = 15, 0.1, 200
SAMPLES, SIDE = 64, 256
NO_TIME = "left out for want of time"

# Seconds of one of several runs.
Timed = Callable[[int], float]


class Side(NamedTuple):
    """One row.

    Attributes:
        name: of it.
        ours: whether it is ours, and not a peer's.
        short: whether its numbers have 16 bits.
        open: opens it in so many seconds: what times its runs, and how good its pictures are.
    """

    name: str
    ours: bool
    short: bool
    open: Callable[[float], tuple[Timed, str]]


class Peer:
    """The process with PyTorch: a line `RUNS WAY` in is so many runs, a line out their seconds, or why there are none.

    Args:
        command: its words. It first says which ways it has, in a line divided by semicolons.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self.command = command
        self.ways = self._start()

    def seconds(self, way: str, runs: int, limit: float | None = None) -> float:
        """Of one of several runs.

        Args:
            way: one of `ways`.
            runs: how many.
            limit: seconds to wait; then the process is started anew, which opens the other ways again when they are
                asked for. What compiles cannot be told to stop.

        Raises:
            RuntimeError: there are none, and why.
        """
        process = self.process
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(f"{runs} {way}\n")
        except BrokenPipeError:
            raise RuntimeError("the process with PyTorch has ended") from None
        if not select.select([process.stdout], [], [], limit)[0]:
            self.close()
            self._start()
            raise RuntimeError(NO_TIME)
        line = process.stdout.readline().strip()
        try:
            return float(line)
        except ValueError:
            raise RuntimeError(line or "the process with PyTorch has ended") from None

    def close(self) -> None:
        """Ends it."""
        self.process.kill()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            with contextlib.suppress(BrokenPipeError):  # of one that has ended, with a line that it has not read
                pipe.close()
        self.process.wait()

    def _start(self) -> list[str]:
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, bufsize=1
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline().strip()
        return line.split("; ") if line else []


def measure(what: str, folder: Path, torch: str, half: bool, seconds: float) -> None:
    """Prints the table of `sampling` or `translation`.

    Args:
        what: which one.
        folder: holds the bundles `timed_dcgan` and `timed_cyclegan`, and those in 16 bits.
        torch: Python of an environment with PyTorch.
        half: let TensorRT compute in 16 bits.
        seconds: after which nothing more is begun.
    """
    network = {"sampling": "dcgan", "translation": "cyclegan"}[what]
    bundle = folder / f"timed_{network}"
    if not (bundle / "manifest.json").exists():
        print(f"\n{what}: left out, there is no {bundle}")
        return
    clock = Clock(seconds)
    present = providers()
    peer = Peer([torch, str(PEER), network, "cuda" if len(present) > 1 else "cpu"])
    with tempfile.TemporaryDirectory() as cache:
        sides = [*_ours(bundle, present, half, Path(cache)), *_theirs(peer)]
        without = "" if peer.ways else "; PyTorch does not start here and is left out"
        print(f"\n{what}: {_said(network)}{without}\n", flush=True)
        rows = timed(sides, clock, OPENING * seconds)
        print("| | opened in, s | ms | ours takes | PSNR, dB |\n|---|---|---|---|---|")
        print("\n".join(rows), flush=True)
    peer.close()


def timed(sides: Sequence[Side], clock: Clock, opening: float, rounds: int = ROUNDS) -> list[str]:
    """Opens all, times them in rounds whose order changes, and compares our fastest with each of as many bits.

    Args:
        sides: the rows.
        clock: when it has run out, no further round begins.
        opening: seconds after which nothing more is opened.
        rounds: how many at most; there is one in any case.

    Returns:
        Rows of the table.
    """
    until = Clock(min(opening, clock.left()))
    opened: dict[str, tuple[Timed, str, float]] = {}
    failed: dict[str, str] = {}
    for side in sides:
        if not until.left():
            failed[side.name] = NO_TIME
            continue
        started = time.perf_counter()
        try:
            run, quality = side.open(until.left())
        except Exception as error:  # of any library; the other rows can run
            reason = " ".join(str(error).split())[:120]
            failed[side.name] = reason if reason == NO_TIME else f"failed: {reason}"
            continue
        opened[side.name] = run, quality, time.perf_counter() - started
    times = _in_turn({name: run for name, (run, _, _) in opened.items()}, clock, rounds)
    fastest = _fastest(sides, times)
    rows = []
    for side in sides:
        owner = "ours" if side.ours else "PyTorch"
        if side.name in failed:
            rows.append(f"| {owner}: {side.name} | {failed[side.name]} | | | |")
            continue
        _, quality, took = opened[side.name]
        taken = times[side.name]
        against = times[fastest[side.short]] if fastest[side.short] else taken
        ratio = statistics.median(one / other for one, other in zip(against, taken, strict=True))
        shown = f"{took:.1f} | {1e3 * statistics.median(taken):.2f} | {ratio:.3f} | {quality}"
        rows.append(f"| {owner}: {side.name} | {shown} |")
    return rows


def _in_turn(runs: dict[str, Timed], clock: Clock, rounds: int) -> dict[str, list[float]]:
    many = {name: max(1, min(MOST_RUNS, int(A_ROUND / max(run(1), 1e-6)))) for name, run in runs.items()}
    times: dict[str, list[float]] = {name: [] for name in runs}
    for index in range(rounds):
        if index and not clock.left():
            break
        for name in list(runs) if index % 2 else reversed(runs):
            times[name].append(runs[name](many[name]))
    return times


def _fastest(sides: Sequence[Side], times: dict[str, list[float]]) -> dict[bool, str | None]:
    """Ours of 32 and of 16 bits; where none is of 16, that of 32."""
    found: dict[bool, str | None] = {}
    for short in (False, True):
        names = [side.name for side in sides if side.ours and side.short == short and side.name in times]
        found[short] = min(names, key=lambda name: statistics.median(times[name])) if names else None
    return {False: found[False], True: found[True] or found[False]}


def _ours(bundle: Path, present: list[str], half: bool, cache: Path) -> list[Side]:
    sixteen = bundle.with_name(bundle.name + SIXTEEN)
    manifest = serving.Manifest.read(bundle)
    name, feed, output = _fed(bundle, manifest)
    expected = Bound(bundle / manifest.networks[name].file, ways(["cpu"], False, False, cache)[0], feed, output)
    right = {output: _uint8(expected.pictures())}

    def opening(way: Way) -> Callable[[float], tuple[Timed, str]]:
        def opened(_: float) -> tuple[Timed, str]:
            place = sixteen if way.sixteen else bundle
            run = Bound(place / serving.Manifest.read(place).networks[name].file, way, feed, output)
            _, psnr, _ = difference({output: _uint8(run.pictures())}, right)
            return run.seconds, "equal" if psnr == float("inf") else f"{psnr:.1f}"

        return opened

    found = [
        Side(way.name, True, way.short, opening(way))
        for way in ways(present, (sixteen / "manifest.json").exists(), half, cache)
    ]
    return [*found, Side("the whole call, with noise and copies", True, False, lambda _: (_whole(bundle), ""))]


def _theirs(peer: Peer) -> list[Side]:
    def opening(way: str) -> Callable[[float], tuple[Timed, str]]:
        def opened(limit: float) -> tuple[Timed, str]:
            peer.seconds(way, 1, limit)
            return lambda runs: peer.seconds(way, runs), ""

        return opened

    return [Side(way, False, "float16" in way, opening(way)) for way in peer.ways]


def _fed(bundle: Path, manifest: serving.Manifest) -> tuple[str, dict[str, np.ndarray], str]:
    """Network, inputs and output."""
    if DECODER in manifest.networks:
        return DECODER, {LATENT: serving.load(bundle, "cpu").latents(SAMPLES, seed=0)}, IMAGE
    return "a_to_b", {IMAGE: _noise()}, TRANSLATION


def _whole(bundle: Path) -> Timed:
    """`Sampler.sample` or `Translator.translate`, on the provider that is taken by itself."""
    opened = serving.load(bundle, Settings("auto", fixed_batches=True))

    def one() -> np.ndarray:
        if isinstance(opened, serving.Sampler):
            return opened.sample(SAMPLES)
        return opened.translate(_noise(), "b")

    def seconds(runs: int) -> float:
        started = time.perf_counter()
        for _ in range(runs):
            one()
        return (time.perf_counter() - started) / runs

    seconds(2)
    return seconds


def _noise() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (1, SIDE, SIDE, 3), np.uint8)


def _uint8(pictures: np.ndarray) -> np.ndarray:
    return pictures if pictures.dtype == np.uint8 else serving.common.images.to_uint8(pictures)


def _said(network: str) -> str:
    if network == "dcgan":
        return f"DCGAN's generator, 64x64, a batch of {SAMPLES}"
    return f"CycleGAN's network, 9 blocks, {SIDE}x{SIDE}, one picture"

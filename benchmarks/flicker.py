"""How much less a translated video flickers with `--steady`, what that costs in sharpness and time, and cuts.

    python benchmarks/flicker.py BUNDLE PICTURES [CLIP ...]

BUNDLE translates to b; PICTURES is a folder of photographs of at least 288x288; a CLIP is a video, of which the first
frames are taken. Of each scene, frame by frame and steadily:

- warping error: the root mean square difference between a translation and the one before moved along, in grey levels,
  where both are; the motion of made scenes is known, that of a clip is what is found at each place, and places where
  the clip's own frames differ by more than a few grey levels after it are left out. The mark is at most 0.5 of frame by
  frame;
- sharpness: how much of the fine detail (a picture less its mean over 5x5 pixels) of what the network would give at any
  place of its own grid is in the result, against how much is in that of frame by frame; 1 is as much. That is the slope
  of a regression on the mean over the translations of the frame without noise, moved by 0 to 3 pixels down and right
  and back: a pattern that stands still while the picture moves is flicker and no detail. The mark is within 3 %;
- ghost at a cut: the mean absolute difference of the first frame of the next scene from its translation alone. The mark
  is 0.

At last the whole command on a video of 256x256 against bare `session.run` on its frames: the mark is at most 1.15.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
from timing import alternate

from serving import Translator
from serving.common.images import picture_files, read_image
from serving.translation.flow import around, came_from_inside, flow_between, sampled
from serving.translation.motion import Shift, shift_between
from serving.translation.steady import Steady

SIDE, FRAMES, NOISE, TIMED, ROUNDS = 256, 24, 8.0, 60, 3
CLIP_FRAMES, CLIP_PIXELS = 40, 256 * 384
# Moves by less than the stride of the networks; and of how many frames one is looked at for sharpness.
GRID, EVERY = 4, 6
# Grey levels that frames of a clip may differ by after their motion.
AGREED = 3.0


class Scene(NamedTuple):
    """Frames, uint8 (n, height, width, 3); the same without noise; and how each moved since the one before, or None
    where that has to be found."""

    frames: np.ndarray
    clean: np.ndarray
    shift: Shift | None


def still(photograph: np.ndarray) -> Scene:
    """The same picture with new noise in every frame."""
    clean = np.repeat(photograph[None, :SIDE, :SIDE], FRAMES, axis=0)
    noise = np.random.default_rng(0).normal(0, NOISE, clean.shape)
    return Scene(np.clip(np.rint(clean + noise), 0, 255).astype(np.uint8), clean, (0.0, 0.0))


def pan(photograph: np.ndarray) -> Scene:
    """A window that moves by a pixel down and right in every frame, which moves what is in it up and left."""
    clean = np.stack([photograph[step : step + SIDE, step : step + SIDE] for step in range(FRAMES)])
    return Scene(clean, clean, (-1.0, -1.0))


def clip(file: Path) -> Scene:
    """The first frames of a video."""
    with av.open(str(file)) as given:
        frames = [frame.to_ndarray(format="rgb24") for frame in islice(given.decode(video=0), CLIP_FRAMES)]
    whole = np.stack(frames)
    step = max(1, round((whole.shape[1] * whole.shape[2] / CLIP_PIXELS) ** 0.5))
    whole = np.ascontiguousarray(whole[:, ::step, ::step])
    return Scene(whole, whole, None)


def warping_error(made: np.ndarray, scene: Scene) -> float:
    """Of translations, over all frames but the first."""
    errors = []
    greys = scene.clean.mean(axis=3, dtype=np.float32)
    for index in range(1, len(made)):
        flow = _flow(scene.shift, greys[index - 1], greys[index])
        agreed = came_from_inside(flow) & (around(np.abs(sampled(greys[index - 1], flow) - greys[index])) < AGREED)
        if agreed.any():
            earlier = sampled(made[index - 1].astype(np.float32), flow)
            errors.append(((made[index] - earlier)[agreed] ** 2).mean())
    return float(np.sqrt(np.mean(errors)))


def _flow(shift: Shift | None, before: np.ndarray, after: np.ndarray) -> np.ndarray:
    if shift is None:
        return flow_between(before, after, shift_between(before, after))
    return np.broadcast_to(np.array(shift, np.float32), (*before.shape, 2))


def sharpness(made: np.ndarray, wanted: np.ndarray) -> float:
    """The share of the fine detail of one that is in the other."""
    one, other = _fine(made), _fine(wanted)
    return float((one * other).sum() / (other * other).sum())


def at_any_place(frame: np.ndarray, translator: Translator) -> np.ndarray:
    """The mean over translations of the frame, moved and moved back, but for its border, which repeats."""
    moves = [(down, right) for down in range(GRID) for right in range(GRID)]
    moved_on = np.stack([np.roll(frame, move, (0, 1)) for move in moves])
    made = translator.translate(moved_on, "b").astype(np.float32)
    back = [np.roll(each, (-down, -right), (0, 1)) for each, (down, right) in zip(made, moves, strict=True)]
    return np.mean(back, axis=0)


def _fine(pictures: np.ndarray) -> np.ndarray:
    values = pictures.astype(np.float32)
    around = sum(np.roll(values, (down, right), (1, 2)) for down in range(-2, 3) for right in range(-2, 3)) / 25
    return (values - around)[:, 16:-16, 16:-16]


def row(name: str, scene: Scene, translator: Translator) -> str:
    """A line of the table."""
    alone = np.concatenate([translator.translate(frame[None], "b") for frame in scene.frames])
    steady = Steady(translator, "b")
    made = steady.translate(scene.frames)
    before, after = warping_error(alone, scene), warping_error(made, scene)
    places = slice(4, None, EVERY)
    wanted = np.stack([at_any_place(frame, translator) for frame in scene.clean[places]])
    sharp = sharpness(made[places], wanted) / sharpness(alone[places], wanted)
    return f"| {name} | {before:.2f} | {after:.2f} | {after / before:.2f} | {sharp:.3f} | {steady.scenes} |"


def ghost(photographs: list[np.ndarray], translator: Translator) -> tuple[float, int]:
    """Of the first frames of scenes that are photographs after each other, three frames each; and how many scenes were
    found beyond or short of them."""
    frames = [part for photograph in photographs for part in [photograph[:SIDE, :SIDE]] * 3]
    steady = Steady(translator, "b")
    made = steady.translate(np.stack(frames))[::3]
    alone = np.concatenate([translator.translate(frame[None], "b") for frame in frames[::3]])
    return float(np.abs(made.astype(float) - alone).mean()), steady.scenes - len(photographs)


def write_video(file: Path, frames: np.ndarray) -> None:
    with av.open(str(file), "w") as container:
        video = container.add_stream("libx264", rate=25)
        video.height, video.width, video.pix_fmt = *frames.shape[1:3], "yuv420p"
        for pixels in frames:
            container.mux(video.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")))
        container.mux(video.encode(None))


def time_of_command(translator: Translator, photograph: np.ndarray, place: Path) -> Iterator[str]:
    """The rows of the second table."""
    frames = np.concatenate([still(photograph).frames] * (TIMED // FRAMES + 1))[:TIMED]
    write_video(place / "in.mp4", frames)
    session = translator.sessions.of("a_to_b").session

    def command(*options: str) -> Callable[[], object]:
        words = ["keras_gen", "translate", str(translator.bundle), str(place / "in.mp4"), "--to", "b", *options]
        words += ["--out", str(place / "out.mp4")]
        return lambda: subprocess.run([sys.executable, "-m", *words], check=True, stdout=subprocess.DEVNULL)

    def bare() -> None:
        for frame in frames:
            session.run(["translation"], {"image": frame[None]})

    for name, options in (("frame by frame", ()), ("--steady", ("--steady",))):
        found = alternate(command(*options), bare, ROUNDS)
        yield f"| {name} | {found.ours:.2f} | {found.peer:.2f} | {1 / found.ratio:.2f} |"


def main() -> None:
    bundle, folder, *clips = map(Path, sys.argv[1:])
    translator = Translator(bundle, provider="cpu")
    pictures = (read_image(file, channels=3) for file in picture_files(folder))
    large = [picture for picture in pictures if min(picture.shape[:2]) >= SIDE + FRAMES][:6]
    if len(large) < 2:
        sys.exit(f"{folder} must have at least 2 pictures with sides of {SIDE + FRAMES} pixels.")
    print("| scene | frame by frame | steady | ratio | sharpness | scenes |\n|---|---|---|---|---|---|")
    print(row("still, with noise", still(large[0]), translator))
    print(row("pan", pan(large[0]), translator))
    for file in clips:
        print(row(file.name, clip(file), translator))
    found = ghost(large, translator)
    print(f"\nghost at a cut: {found[0]:.3f} grey levels; scenes too many or too few: {found[1]}\n")
    print("| command | s | bare inference, s | ratio |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as place:
        for line in time_of_command(translator, large[0], Path(place)):
            print(line)


if __name__ == "__main__":
    main()

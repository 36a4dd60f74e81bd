from __future__ import annotations

import io
import subprocess
import sys
import threading
import time

import av
import numpy as np
import pytest

from serving import InputError, Translator
from serving.translation.streams import device_of, frames_of, translate_camera, translate_raw, until
from serving.translation.video import Work, maker
from tests.serving.translation.test_video import read_video
from tests.translators import noise

SHOWN = "lavfi:testsrc=size=64x48:rate=10"


def work(translator, count=None, stopped=lambda: False):
    return Work(maker(translator), wanted=until(count, stopped))


class InParts(io.BytesIO):
    """A pipe gives what is there."""

    def read(self, length=-1):
        return super().read(min(length, 100))


@pytest.mark.parametrize("name", ["inverting", "grey"])
def test_raw_frames_come_out_as_they_went_in(bundles, name):
    translator = Translator(bundles[name], provider="cpu")
    frames = np.stack([noise(20, 30, 1, seed=seed).repeat(3, axis=2) for seed in range(3)])
    target = io.BytesIO()
    assert translate_raw(translator, InParts(frames.tobytes()), target, (20, 30), work(translator)) == 3
    np.testing.assert_array_equal(np.frombuffer(target.getvalue(), np.uint8).reshape(3, 20, 30, 3), 255 - frames)


def test_a_frame_that_is_not_whole_is_named_and_the_others_are_written(translator):
    frames, target = noise(8, 8), io.BytesIO()
    with pytest.raises(InputError, match=r"raw frames must have 192 bytes each. Received: 100 in the last one."):
        translate_raw(translator, io.BytesIO(frames.tobytes() + bytes(100)), target, (8, 8), work(translator))
    np.testing.assert_array_equal(np.frombuffer(target.getvalue(), np.uint8).reshape(8, 8, 3), 255 - frames)


def test_what_a_camera_shows_becomes_a_video(translator, tmp_path):
    """FFmpeg's test source stands for a camera."""
    assert translate_camera(translator, SHOWN, tmp_path / "out.mp4", work(translator, 5)) == 5
    frames, seconds, _ = read_video(tmp_path / "out.mp4")
    np.testing.assert_allclose(seconds, np.arange(5) / 10, atol=2e-3)
    with av.open(SHOWN.partition(":")[2], format="lavfi") as shown:
        first = next(shown.decode(video=0)).to_ndarray(format="rgb24")
    assert np.abs(frames[0].astype(float) - (255.0 - first)).mean() < 12


def test_a_camera_through_a_pipe_until_it_is_stopped(translator):
    """Of a source without end, until someone says so."""
    target, pressed = io.BytesIO(), threading.Event()
    threading.Timer(0.3, pressed.set).start()
    started = time.monotonic()
    count = translate_camera(translator, SHOWN, target, work(translator, None, pressed.is_set))
    assert time.monotonic() - started < 20
    assert count > 0
    assert len(target.getvalue()) == count * 64 * 48 * 3


def test_memory_does_not_grow_with_the_number_of_frames(bundles, tmp_path):
    """A process that takes 600 frames of 256x256, 118 MB in and out, needs hardly more than one that takes 10."""
    code = """
import resource, sys
from serving import Translator
from serving.translation.streams import translate_raw, until
from serving.translation.steady import Steady
from serving.translation.video import Work, maker
translator = Translator(sys.argv[1], provider="cpu")
work = Work(maker(translator, steady=Steady(translator)), wanted=until(int(sys.argv[2]), lambda: False))
with open("/dev/zero", "rb") as source, open("/dev/null", "wb") as target:
    translate_raw(translator, source, target, (128, 128), work)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
    few, many = (
        int(
            subprocess.run(
                [sys.executable, "-c", code, bundles["inverting"], count], capture_output=True, check=True
            ).stdout
        )
        for count in ("10", "600")
    )
    assert many - few < 16 * 1024


@pytest.mark.parametrize(
    ("camera", "expected"),
    [
        ("0", ("/dev/video0", "v4l2")),
        ("/dev/video3", ("/dev/video3", "v4l2")),
        ("rtsp://host/stream", ("rtsp://host/stream", None)),
        ("lavfi:testsrc", ("testsrc", "lavfi")),
    ],
)
def test_what_ffmpeg_calls_them(camera, expected, monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    assert device_of(camera) == expected


def test_mistakes_are_one_line(translator, bundles, tmp_path):
    for camera in ("77", "nosuch:thing"):
        with pytest.raises(
            InputError, match=f"--camera must be a camera or a stream that can be opened. Received: {camera}"
        ):
            translate_camera(translator, camera, tmp_path / "out.mp4", work(translator))
    with pytest.raises(InputError, match="--out must be a video file"):
        translate_camera(translator, SHOWN, tmp_path / "out.png", work(translator))
    for size in ("640", "axb", "1x5", "3x4x5"):
        with pytest.raises(InputError, match="--raw must be the width and height of the frames, such as 640x480"):
            frames_of(size)
    assert frames_of("640x480") == (480, 640)

from __future__ import annotations

import struct
from fractions import Fraction

import av
import numpy as np
import pytest

from serving import InputError, Translator
from serving.translation.video import translate_video
from tests.translators import noise

FRAMES, RATE = 30, Fraction(12)
SAMPLES, SAMPLE_RATE = 1024, 44100


def write_video(path, size=(48, 64), sound=True, times=range(FRAMES), codec="libx264"):
    """Frames that tell their number by their brightness, and a tone."""
    with av.open(str(path), "w") as container:
        video = container.add_stream(codec, rate=RATE, options={"crf": "10"})
        video.height, video.width = size
        video.pix_fmt = "yuv420p" if size[0] % 2 == size[1] % 2 == 0 else "yuv444p"
        tone = container.add_stream("aac", rate=SAMPLE_RATE) if sound else None
        for index, time in enumerate(times):
            frame = av.VideoFrame.from_ndarray(np.full((*size, 3), 20 + 7 * index, np.uint8), format="rgb24")
            frame.pts, frame.time_base = time, 1 / RATE
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        if tone is not None:
            write_tone(container, tone)
    return path


def write_tone(container, tone):
    for index in range(int(FRAMES / RATE * SAMPLE_RATE / SAMPLES)):
        wave = np.sin(np.arange(SAMPLES) * 0.06)[None].astype(np.float32)
        samples = av.AudioFrame.from_ndarray(wave, format="fltp", layout="mono")
        samples.pts, samples.sample_rate = index * SAMPLES, SAMPLE_RATE
        container.mux(tone.encode(samples))
    container.mux(tone.encode(None))


def read_video(path):
    """Frames, the seconds at which they are shown, and packets of sound."""
    with av.open(str(path)) as container:
        frames, seconds, packets = [], [], []
        for packet in container.demux():
            if packet.stream.type == "audio":
                packets += [bytes(packet)] if packet.size else []
                continue
            for frame in packet.decode():
                frames.append(frame.to_ndarray(format="rgb24"))
                seconds.append(float(frame.pts * frame.time_base))
        return np.stack(frames), seconds, packets


@pytest.mark.parametrize("size", [(48, 64), (31, 45)])
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_every_frame_in_order_with_time_and_sound(bundles, tmp_path, size, suffix):
    translator = Translator(bundles["inverting"], provider="cpu", tile=128)
    source = write_video(tmp_path / f"in{suffix}", size)
    done = []
    assert translate_video(translator, source, tmp_path / f"out{suffix}", "b", done.append) == FRAMES
    assert sum(done) == FRAMES
    given, given_seconds, given_sound = read_video(source)
    made, made_seconds, made_sound = read_video(tmp_path / f"out{suffix}")
    assert made.shape == given.shape == (FRAMES, *size, 3)
    np.testing.assert_allclose(made_seconds, given_seconds, atol=2e-3)
    assert made_sound == given_sound
    assert len(made_sound) > 10
    # Both are lossy; frames lie 7 grey levels apart.
    assert np.abs(made.mean((1, 2, 3)) - (255 - given.mean((1, 2, 3)))).max() < 3


def test_frames_keep_uneven_times(translator, tmp_path):
    times = [0, 1, 2, 5, 6, 20, 21, 22]
    source = write_video(tmp_path / "in.mkv", sound=False, times=times)
    assert translate_video(translator, source, tmp_path / "out.mkv") == len(times)
    np.testing.assert_allclose(read_video(tmp_path / "out.mkv")[1], read_video(source)[1], atol=2e-3)


def test_a_video_that_is_shown_turned_is_written_upright(translator, tmp_path):
    """A camera held upright writes lying frames, and a matrix of a quarter turn clockwise into the track's header."""
    source = tmp_path / "in.mp4"
    with av.open(str(source), "w") as container:
        video = container.add_stream("libx264", rate=RATE, options={"crf": "10"})
        video.height, video.width, video.pix_fmt = 32, 48, "yuv420p"
        lying = np.zeros((32, 48, 3), np.uint8)
        lying[:, 24:] = 200
        for index in range(4):
            frame = av.VideoFrame.from_ndarray(lying, format="rgb24")
            frame.pts, frame.time_base = index, 1 / RATE
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
    content = bytearray(source.read_bytes())
    matrix = content.index(b"tkhd") + 4 + 40
    struct.pack_into(">9i", content, matrix, 0, 1 << 16, 0, -(1 << 16), 0, 0, 32 << 16, 0, 1 << 30)
    source.write_bytes(content)
    assert translate_video(translator, source, tmp_path / "out.mp4") == 4
    made = read_video(tmp_path / "out.mp4")[0]
    assert made.shape == (4, 48, 32, 3)
    assert made[:, :20].min() > 245
    assert np.abs(made[:, 28:].astype(int) - 55).max() < 10


def test_another_kind_of_video(translator, tmp_path):
    source = write_video(tmp_path / "in.avi", sound=False, codec="mpeg4")
    assert translate_video(translator, source, tmp_path / "out.webm") == FRAMES
    assert len(read_video(tmp_path / "out.webm")[0]) == FRAMES


@pytest.mark.parametrize(
    ("name", "target", "to", "message"),
    [
        ("sound.mp4", "out.mp4", "b", "sound.mp4 must have a video stream. Received: a file without one"),
        ("text.mp4", "out.mp4", "b", "text.mp4 must be a readable video. Received: InvalidDataError"),
        ("good.mp4", "out.png", "b", "--out must be a video file"),
        ("good.mp4", "good.mp4", "b", "--out must be another file than the video itself"),
        ("good.mp4", "out.mp4", "a", "translates to b. Received: 'a'"),
    ],
)
def test_mistakes_are_named(translator, tmp_path, name, target, to, message):
    good = write_video(tmp_path / "good.mp4").read_bytes()
    (tmp_path / "text.mp4").write_text("no video at all")
    with av.open(str(tmp_path / "sound.mp4"), "w") as container:
        write_tone(container, container.add_stream("aac", rate=SAMPLE_RATE))
    with pytest.raises(InputError, match=message):
        translate_video(translator, tmp_path / name, tmp_path / target, to)
    assert (tmp_path / "good.mp4").read_bytes() == good
    assert not list(tmp_path.glob("out*"))
    assert not list(tmp_path.glob(".*"))


def test_a_video_of_noise_is_not_blurred(translator, tmp_path):
    """What is written is of a quality at which detail stays."""
    with av.open(str(tmp_path / "in.mkv"), "w") as container:
        video = container.add_stream("libx264rgb", rate=RATE, options={"crf": "0"})
        video.height, video.width, video.pix_fmt = 64, 64, "rgb24"
        picture = np.kron(noise(16, 16, 1, seed=4), np.ones((4, 4, 3), np.uint8))
        for index in range(6):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = index, 1 / RATE
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
    translate_video(translator, tmp_path / "in.mkv", tmp_path / "out.mkv")
    made = read_video(tmp_path / "out.mkv")[0].astype(float)
    assert np.abs(made - (255.0 - picture)).mean() < 6

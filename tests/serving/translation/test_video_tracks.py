"""What a video keeps beside its frames: colours, the shape of pixels, tracks; and what is missing of one."""

from __future__ import annotations

import struct
from fractions import Fraction

import av
import numpy as np
import pytest

from serving import InputError
from serving.translation.video import translate_video
from tests.serving.translation.videos import RATE, read_colour, to_rgb, to_yuv, write_colour, write_tracks

GREEN = (10, 200, 90)
LIMITED, FULL = 1, 2
# Matrix, range, primaries, transfer function.
TAGS = [
    (1, LIMITED, 1, 1),
    (1, FULL, 1, 1),
    (1, LIMITED, 1, 13),
    (5, LIMITED, 5, 6),
    (6, LIMITED, 6, 6),
    (6, FULL, 6, 6),
    (7, LIMITED, 7, 7),
]


class TestColours:
    @pytest.mark.parametrize("tags", TAGS)
    @pytest.mark.parametrize("suffix", [".mp4", ".webm"])
    def test_are_those_of_the_source_and_tagged_so(self, translator, tmp_path, tags, suffix):
        """By the equations of the standards: the source is written, and the translation read, without a conversion."""
        matrix, full = tags[0], tags[1] == FULL
        source = write_colour(tmp_path / "in.mp4", to_yuv(GREEN, matrix, full), tags)
        translate_video(translator, source, tmp_path / f"out{suffix}")
        yuv, found, _ = read_colour(tmp_path / f"out{suffix}")
        assert found == tags
        np.testing.assert_allclose(to_rgb(yuv, matrix, full), 255 - np.array(GREEN), atol=4)

    @pytest.mark.parametrize(("height", "matrix"), [(32, 6), (720, 1)])
    def test_that_are_not_stated_are_what_players_take(self, translator, tmp_path, height, matrix):
        source = write_colour(tmp_path / "in.mkv", to_yuv(GREEN, matrix, False), (2, 0, 2, 2), (height, 48), frames=1)
        translate_video(translator, source, tmp_path / "out.mkv")
        yuv, (found, *_), _ = read_colour(tmp_path / "out.mkv")
        assert found == matrix
        np.testing.assert_allclose(to_rgb(yuv, matrix, False), 255 - np.array(GREEN), atol=4)

    @pytest.mark.parametrize(
        ("tags", "name"),
        [
            ((9, LIMITED, 9, 16), r"PQ \(SMPTE ST 2084\)"),
            ((9, LIMITED, 9, 18), r"HLG \(ARIB STD-B67\)"),
            ((1, LIMITED, 9, 1), r"BT\.2020"),
            ((9, LIMITED, 1, 1), r"BT\.2020"),
            ((8, LIMITED, 1, 1), "YCgCo"),
        ],
    )
    def test_of_high_dynamic_range_are_refused_by_name(self, translator, tmp_path, tags, name):
        source = write_colour(tmp_path / "in.mkv", (100, 120, 130), tags)
        with pytest.raises(
            InputError, match=rf"in\.mkv must have colours of BT\.709 or BT\.601, .* Received: {name}\."
        ):
            translate_video(translator, source, tmp_path / "out.mkv")
        assert not (tmp_path / "out.mkv").exists()


def test_a_pixel_keeps_its_shape(translator, tmp_path):
    source = write_colour(tmp_path / "in.mp4", (100, 120, 130), TAGS[0], aspect=Fraction(2, 3))
    for suffix in (".mp4", ".mkv", ".avi"):
        translate_video(translator, source, tmp_path / f"out{suffix}")
        assert read_colour(tmp_path / f"out{suffix}")[2] == Fraction(2, 3)
    said = []
    translate_video(translator, source, tmp_path / "out.webm", say=said.append)
    assert said == [f"{source}: pixels of 2/3 are written as square ones in .webm."]


# The matrix (a, b, c, d) of a track's header, and what it does to an array of rows (ISO/IEC 14496-12, 8.5.2).
MATRICES = {
    (1, 0, 0, 1): lambda rows: rows,
    (-1, 0, 0, 1): lambda rows: rows[:, ::-1],
    (1, 0, 0, -1): lambda rows: rows[::-1],
    (-1, 0, 0, -1): lambda rows: rows[::-1, ::-1],
    (0, 1, 1, 0): lambda rows: rows.swapaxes(0, 1),
    (0, 1, -1, 0): lambda rows: np.rot90(rows, -1),
    (0, -1, 1, 0): lambda rows: np.rot90(rows, 1),
    (0, -1, -1, 0): lambda rows: np.rot90(rows.swapaxes(0, 1), 2),
}


@pytest.mark.parametrize("matrix", MATRICES)
def test_frames_are_written_as_they_are_shown(translator, tmp_path, matrix):
    """Turned and mirrored, with the shape of their pixels turned too."""
    rows = np.zeros((32, 48, 3), np.uint8)
    rows[:16, :24], rows[:16, 24:], rows[16:, :24] = 60, 120, 200
    with av.open(str(tmp_path / "in.mp4"), "w") as container:
        video = container.add_stream("libx264", rate=RATE, options={"crf": "5"})
        video.height, video.width, video.pix_fmt = 32, 48, "yuv420p"
        video.codec_context.sample_aspect_ratio = Fraction(2, 3)
        frame = av.VideoFrame.from_ndarray(rows, format="rgb24")
        frame.pts, frame.time_base = 0, 1 / RATE
        container.mux(video.encode(frame))
        container.mux(video.encode(None))
    content = bytearray((tmp_path / "in.mp4").read_bytes())
    a, b, c, d = (part << 16 for part in matrix)
    struct.pack_into(">9i", content, content.index(b"tkhd") + 44, a, b, 0, c, d, 0, 0, 0, 1 << 30)
    (tmp_path / "in.mp4").write_bytes(content)
    translate_video(translator, tmp_path / "in.mp4", tmp_path / "out.mp4")
    with av.open(str(tmp_path / "out.mp4")) as container:
        made = next(container.decode(video=0))
        assert made.rotation == 0
        np.testing.assert_allclose(255.0 - made.to_ndarray(format="rgb24"), MATRICES[matrix](rows), atol=30)
        aspect = container.streams.video[0].sample_aspect_ratio
    assert aspect == (Fraction(2, 3) if matrix[0] else Fraction(3, 2))


def tracks_of(path):
    """Kind, codec and language of every stream but the pictures, and how many packets each has."""
    with av.open(str(path)) as container:
        others = [stream for stream in container.streams if stream.type != "video"]
        counts = dict.fromkeys((stream.index for stream in others), 0)
        for packet in container.demux():
            if packet.stream.type != "video":
                counts[packet.stream.index] += bool(packet.size)
        return [
            (stream.type, stream.codec_context.codec.canonical_name, stream.metadata.get("language", "und"))
            for stream in others
        ], list(counts.values())


class TestTracks:
    @pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".m4v"])
    def test_of_every_language_are_copied(self, translator, tmp_path, suffix):
        source = write_tracks(tmp_path / "in.mp4", [("eng", "English"), ("deu", "Deutsch"), ("jpn", "Japanese")])
        said = []
        translate_video(translator, source, tmp_path / f"out{suffix}", say=said.append)
        made, packets = tracks_of(tmp_path / f"out{suffix}")
        assert made == [("audio", "aac", language) for language in ("eng", "deu", "jpn")]
        assert packets == tracks_of(source)[1]
        assert said == []

    @pytest.mark.parametrize(
        ("codec", "rate", "suffix", "made"),
        [
            ("aac", 44_100, ".webm", "opus"),
            ("libopus", 48_000, ".mov", "aac"),
            ("libopus", 48_000, ".avi", "mp3"),
            ("flac", 44_100, ".webm", "opus"),
        ],
    )
    def test_that_the_container_does_not_take_are_written_in_its_own_codec(
        self, translator, tmp_path, codec, rate, suffix, made
    ):
        source = write_tracks(tmp_path / "in.mkv", [("eng", "English")], codec, rate, frames=36)
        said = []
        assert translate_video(translator, source, tmp_path / f"out{suffix}", say=said.append) == 36
        ((_, found, _),), _ = tracks_of(tmp_path / f"out{suffix}")
        assert found == made
        assert f"is written as {made}" in said[0]
        with av.open(str(tmp_path / f"out{suffix}")) as container:
            waves = [frame.to_ndarray() for frame in container.decode(audio=0)]
            rate = container.streams.audio[0].rate
        assert np.concatenate(waves, axis=1).shape[1] / waves[0].shape[0] / rate == pytest.approx(3, rel=0.2)

    def test_whose_language_cannot_be_written_are_named(self, translator, tmp_path):
        source = write_tracks(tmp_path / "in.mp4", [("und", ""), ("deu", "Deutsch")])
        said = []
        translate_video(translator, source, tmp_path / "out.avi", say=said.append)
        assert said == [f"{source}: stream 2 (audio) is without its language 'deu' in .avi."]

    @pytest.mark.parametrize(("suffix", "kept"), [(".mkv", True), (".mp4", False)])
    def test_of_subtitles_are_copied_or_named(self, translator, tmp_path, suffix, kept):
        with av.open(str(tmp_path / "in.mkv"), "w") as container:
            video = container.add_stream("libx264", rate=RATE)
            video.height, video.width, video.pix_fmt = 32, 48, "yuv420p"
            text = container.add_mux_stream("subrip")
            text.metadata["language"] = "fra"
            for index in range(12):
                frame = av.VideoFrame.from_ndarray(np.full((32, 48, 3), 9 * index, np.uint8), format="rgb24")
                frame.pts, frame.time_base = index, 1 / RATE
                container.mux(video.encode(frame))
            container.mux(video.encode(None))
            packet = av.Packet("Où est-ce ?".encode())
            packet.stream, packet.time_base = text, Fraction(1, 1000)
            packet.pts = packet.dts = 200
            packet.duration = 500
            container.mux(packet)
        said = []
        translate_video(translator, tmp_path / "in.mkv", tmp_path / f"out{suffix}", say=said.append)
        assert tracks_of(tmp_path / f"out{suffix}") == (([("subtitle", "subrip", "fra")], [1]) if kept else ([], []))
        left_out = f"{tmp_path / 'in.mkv'}: stream 1 (subtitle subrip) is left out of mp4."
        assert said == ([] if kept else [left_out])


@pytest.mark.parametrize("codec", ["libx264", "mpeg4"])
def test_frames_of_avi_are_in_order_and_one_in_every_place(translator, tmp_path, codec):
    """FFmpeg reads pictures with B-frames out of AVI with times that are not in order."""
    with av.open(str(tmp_path / "in.avi"), "w") as container:
        video = container.add_stream(codec, rate=RATE, options={"bf": "3"} if codec == "libx264" else {})
        video.height, video.width, video.pix_fmt = 32, 48, "yuv420p"
        for index in range(24):
            frame = av.VideoFrame.from_ndarray(np.full((32, 48, 3), 10 * index, np.uint8), format="rgb24")
            frame.pts, frame.time_base = index, 1 / RATE
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
    assert translate_video(translator, tmp_path / "in.avi", tmp_path / "out.mkv") == 24
    with av.open(str(tmp_path / "out.mkv")) as container:
        frames = list(container.decode(video=0))
    np.testing.assert_allclose([float(frame.time) for frame in frames], np.arange(24) / float(RATE), atol=2e-3)
    levels = [255 - frame.to_ndarray(format="rgb24").mean() for frame in frames]
    np.testing.assert_allclose(levels, 10 * np.arange(24), atol=8)
    assert translate_video(translator, tmp_path / "in.avi", tmp_path / "out.avi") == 24
    with av.open(str(tmp_path / "out.avi")) as container:
        places = [packet.dts for packet in container.demux(video=0) if packet.size]
    assert places == list(range(24))


def halved(content):
    return content[: len(content) // 2]


def holed(content):
    place, length = len(content) // 2, len(content) // 4
    return content[:place] + bytes(length) + content[place + length :]


@pytest.mark.parametrize("damage", [halved, holed])
@pytest.mark.parametrize(("suffix", "codec"), [(".mkv", "libx264"), (".webm", "libvpx-vp9"), (".avi", "mpeg4")])
def test_a_damaged_video_is_refused_or_what_can_be_read_is_saved(translator, tmp_path, suffix, codec, damage):
    random = np.random.default_rng(0)
    with av.open(str(tmp_path / f"whole{suffix}"), "w") as container:
        video = container.add_stream(codec, rate=RATE)
        video.height, video.width, video.pix_fmt = 32, 48, "yuv420p"
        for index in range(48):
            frame = av.VideoFrame.from_ndarray(random.integers(0, 256, (32, 48, 3), np.uint8), format="rgb24")
            frame.pts, frame.time_base = index, 1 / RATE
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
    source = tmp_path / f"in{suffix}"
    source.write_bytes(damage((tmp_path / f"whole{suffix}").read_bytes()))
    with pytest.raises(InputError, match=r"must be a readable video. Received: .*; --keep-going saves the rest\."):
        translate_video(translator, source, tmp_path / "out.mkv")
    assert not (tmp_path / "out.mkv").exists()
    said = []
    frames = translate_video(translator, source, tmp_path / "out.mkv", damaged=said.append)
    assert 12 <= frames <= 48
    (line,) = said
    assert line.startswith(f"{source} is damaged: ")
    with av.open(str(tmp_path / "out.mkv")) as container:
        assert sum(1 for _ in container.decode(video=0)) == frames
    assert translate_video(translator, tmp_path / f"whole{suffix}", tmp_path / "out.mkv", damaged=said.append) == 48
    assert len(said) == 1

"""Videos whose colours are written by the equations of their standards, and with tracks beside them."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np

RATE = Fraction(12)
# Weights of red and blue in luma: ITU-R BT.709-6, 3.2; BT.601-7, 2.5.1; SMPTE 240M.
LUMA = {1: (0.2126, 0.0722), 5: (0.299, 0.114), 6: (0.299, 0.114), 7: (0.212, 0.087)}


def to_yuv(rgb, matrix, full):
    """(red, green, blue) of 0 to 255 as (Y, Cb, Cr), rounded."""
    red, green, blue = np.asarray(rgb) / 255
    of_red, of_blue = LUMA[matrix]
    luma = of_red * red + (1 - of_red - of_blue) * green + of_blue * blue
    colours = (blue - luma) / (2 - 2 * of_blue), (red - luma) / (2 - 2 * of_red)
    scales, offsets = ((255, 255, 255), (0, 128, 128)) if full else ((219, 224, 224), (16, 128, 128))
    return np.clip(np.rint(np.multiply((luma, *colours), scales) + offsets), 0, 255).astype(np.uint8)


def to_rgb(yuv, matrix, full):
    """The inverse, not rounded."""
    scales, offsets = ((255, 255, 255), (0, 128, 128)) if full else ((219, 224, 224), (16, 128, 128))
    luma, of_blueness, of_redness = np.divide(np.subtract(yuv, offsets, dtype=float), scales)
    of_red, of_blue = LUMA[matrix]
    red, blue = luma + (2 - 2 * of_red) * of_redness, luma + (2 - 2 * of_blue) * of_blueness
    return 255 * np.array([red, (luma - of_red * red - of_blue * blue) / (1 - of_red - of_blue), blue])


def write_colour(path, yuv, tags, size=(32, 48), frames=3, aspect=None):
    """A video of one colour. `tags` are matrix, range, primaries and transfer function of H.273."""
    matrix, full_range, primaries, transfer = tags
    planes = np.broadcast_to(np.asarray(yuv, np.uint8)[:, None, None], (3, *size))
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=RATE, options={"crf": "1"})
        video.height, video.width, video.pix_fmt = *size, "yuv444p"
        context = video.codec_context
        context.colorspace, context.color_range = matrix, full_range
        context.color_primaries, context.color_trc = primaries, transfer
        if aspect:
            context.sample_aspect_ratio = aspect
        for index in range(frames):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(planes), format="yuv444p")
            frame.pts, frame.time_base, frame.colorspace, frame.color_range = index, 1 / RATE, matrix, full_range
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
    return path


def read_colour(path):
    """(Y, Cb, Cr) in the middle of the first frame; the tags; and the shape of a pixel."""
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        frame = next(container.decode(video))
        context = video.codec_context
        tags = frame.colorspace, frame.color_range, context.color_primaries, context.color_trc
        planes = frame.reformat(format="yuv444p", dst_color_range=frame.color_range).to_ndarray()
        return planes[:, frame.height // 2, frame.width // 2], tags, video.sample_aspect_ratio


def write_tracks(path, tracks, codec="aac", rate=44_100, frames=24):
    """A video with sound in several languages; `tracks` are language and title."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=RATE)
        video.height, video.width, video.pix_fmt = 32, 48, "yuv420p"
        tones = []
        for language, title in tracks:
            tone = container.add_stream(codec, rate=rate)
            tone.layout = "mono"
            tone.metadata.update({"language": language, "title": title})
            tones.append(tone)
        for index in range(frames):
            frame = av.VideoFrame.from_ndarray(np.full((32, 48, 3), 5 * index, np.uint8), format="rgb24")
            frame.pts, frame.time_base = index, 1 / RATE
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        for number, tone in enumerate(tones):
            for index in range(int(frames / RATE * rate / 960)):
                wave = np.sin((np.arange(960) + 960 * index) * 0.05 * (number + 1))[None].astype(np.float32)
                samples = av.AudioFrame.from_ndarray(wave, format="fltp", layout="mono")
                samples.pts, samples.sample_rate, samples.time_base = index * 960, rate, Fraction(1, rate)
                container.mux(tone.encode(samples))
            container.mux(tone.encode(None))
    return path

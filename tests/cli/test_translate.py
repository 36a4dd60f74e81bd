"""`keras-gen translate`, on bundles whose translations are known."""

from __future__ import annotations

import json
import re
import resource
import shutil
import subprocess
import sys

import av
import numpy as np
import onnxruntime
import pytest
from PIL import Image

import export
import keras_gen
import serving
from keras_gen.cli import main
from serving import InputError
from serving.bulk.translating import FolderTranslation, missing
from serving.common.images import read_image, write_png
from serving.runtime import providers
from tests.translators import noise


@pytest.fixture
def place(tmp_path):
    for index in range(3):
        write_png(tmp_path / "in" / "deeper" / f"{index}.png", noise(20, 30, seed=index))
    (tmp_path / "in" / "broken.png").write_bytes(b"no picture")
    return tmp_path


def test_a_picture(bundles, place, run):
    picture = place / "in" / "deeper" / "1.png"
    code, out, _ = run("translate", bundles["both"], picture, "--to", "b", "--out", place / "out.png", "--tile", "16")
    assert (code, out) == (0, f"translated: {place / 'out.png'}\n")
    np.testing.assert_array_equal(read_image(place / "out.png"), 255 - read_image(picture))


def test_a_folder_says_what_was_left_out_and_an_animation_is_one(bundles, place, run):
    (place / "in" / "broken.png").unlink()
    (place / "in" / "a.heic").write_bytes(b"x")
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    frames[0].save(place / "in" / "moving.gif", save_all=True, append_images=frames[1:], duration=70)
    for options, count in (([], 2), (["--frames", "first", "--overwrite"], 1)):
        words = ["translate", bundles["inverting"], place / "in", "--out", place / "out", *options]
        code, out, err = run(*words)
        assert (code, out) == (0, f"4 translated, 0 were there, 0 failed, 1 left out: {place / 'out'}\n")
        assert err == "keras-gen: no pictures that can be read, left out: 1 .heic (a.heic)\n"
        with Image.open(place / "out" / "moving.gif") as image:
            assert image.n_frames == count


@pytest.mark.parametrize("driver", [False, True])
@pytest.mark.parametrize("options", [[], ["--verbose"]])
def test_what_it_runs_on_is_said_where_there_is_a_gpu_or_on_request(
    bundles, place, capfd, monkeypatch, driver, options
):
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [providers.PROVIDERS["cpu"]])
    monkeypatch.setattr(providers, "nvidia_driver_present", lambda: driver)
    picture = place / "in" / "deeper" / "1.png"
    words = ["translate", bundles["inverting"], picture, "--out", place / "out.png", *options]
    assert main([str(word) for word in words]) == 0
    said = "keras-gen: runs on cpu, not on tensorrt or cuda: this ONNX Runtime was built without it\n"
    assert capfd.readouterr().err == (said if driver or options else "")


def test_a_folder_says_what_failed(bundles, place, run):
    words = ["translate", bundles["inverting"], place / "in", "--out", place / "out"]
    code, out, err = run(*words)
    assert code == 1
    assert out == f"3 translated, 0 were there, 1 failed: {place / 'out'}\n"
    assert err.startswith(f"keras-gen: {place / 'in' / 'broken.png'} must be a readable picture. Received:")
    assert len(err.splitlines()) == 1
    for index in range(3):
        made = read_image(place / "out" / "deeper" / f"{index}.png")
        np.testing.assert_array_equal(made, 255 - noise(20, 30, seed=index))
    (place / "in" / "broken.png").unlink()
    code, out, err = run(*words)
    assert (code, out, err) == (0, f"0 translated, 3 were there, 0 failed: {place / 'out'}\n", "")
    assert run(*words, "--overwrite")[1].startswith("3 translated, 0 were there")


def write_video(path, frames=5):
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=10)
        video.height, video.width, video.pix_fmt = 16, 16, "yuv420p"
        for index in range(frames):
            frame = av.VideoFrame.from_ndarray(np.full((16, 16, 3), 40 * index % 256, np.uint8), format="rgb24")
            container.mux(video.encode(frame))
        container.mux(video.encode(None))


def test_a_video(bundles, place, run):
    write_video(place / "in.mp4")
    code, out, _ = run("translate", bundles["inverting"], place / "in.mp4", "--out", place / "out.mp4")
    assert (code, out) == (0, f"5 frames: {place / 'out.mp4'}\n")


def test_a_steady_video_and_what_is_none(bundles, place, run, refused):
    write_video(place / "in.mp4")
    words = ["translate", bundles["inverting"], place / "in.mp4", "--out", place / "out.mp4", "--steady"]
    code, out, err = run(*words)
    said = f"keras-gen: {place / 'in.mp4'}: every frame begins a new scene, so each is translated by itself.\n"
    assert (code, out, err) == (0, f"5 frames: {place / 'out.mp4'}\n", said)
    picture = place / "in" / "deeper" / "0.png"
    line = refused("translate", bundles["inverting"], picture, "--out", place / "out.png", "--steady")
    assert line == f"keras-gen: --steady must be left out for what is not a video. Received: {picture}.\n"


def test_what_a_mask_keeps(bundles, place, run):
    mask = np.zeros((20, 30, 1), np.uint8)
    mask[:10] = 255
    write_png(place / "mask.png", mask)
    (place / "in" / "broken.png").unlink()
    words = ["translate", bundles["inverting"], place / "in", "--out", place / "out", "--mask", place / "mask.png"]
    assert run(*words)[0] == 0
    made, given = (read_image(place / folder / "deeper" / "0.png") for folder in ("out", "in"))
    np.testing.assert_array_equal(made[10:], given[10:])
    np.testing.assert_array_equal(made[:10], 255 - given[:10])


def test_a_bundle_says_how_much_larger_pictures_become(bundles, place, run):
    """Of data `smaller:SOURCE`; a folder on workers too, and not where the pixels are repeated already."""
    bundle = shutil.copytree(bundles["inverting"], place / "enlarging")
    manifest = json.loads((bundle / "manifest.json").read_text())
    manifest["image"]["enlarge"] = 2
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    picture = place / "in" / "deeper" / "1.png"
    given = read_image(picture)
    for options, factor in (([], 2), (["--enlarge", "1"], 1)):
        assert run("translate", bundle, picture, "--out", place / "out.png", *options)[0] == 0
        expected = 255 - given.repeat(factor, axis=0).repeat(factor, axis=1)
        np.testing.assert_array_equal(read_image(place / "out.png"), expected)
    (place / "in" / "broken.png").unlink()
    whole = FolderTranslation(bundle, place / "in", place / "made")
    wanted, _ = missing(whole)
    assert [wanted.open()(part) for part in range(wanted.parts)] == [{}] * wanted.parts
    expected = 255 - given.repeat(2, axis=0).repeat(2, axis=1)
    np.testing.assert_array_equal(read_image(place / "made" / "deeper" / "1.png"), expected)


def test_larger_pictures_and_videos(bundles, place, run):
    """`inverting` in place of a network that enlarges."""
    (place / "in" / "broken.png").unlink()
    assert run("translate", bundles["inverting"], place / "in", "--out", place / "out", "--enlarge", "2")[0] == 0
    given = read_image(place / "in" / "deeper" / "1.png")
    made = read_image(place / "out" / "deeper" / "1.png")
    np.testing.assert_array_equal(made, 255 - given.repeat(2, axis=0).repeat(2, axis=1))
    picture = place / "in" / "deeper" / "1.png"
    words = ["translate", bundles["inverting"], picture, "--out", place / "out.png", "--enlarge", "4"]
    assert run(*words)[0] == 0
    assert read_image(place / "out.png").shape == (80, 120, 3)
    write_video(place / "in.mp4")
    words = ["translate", bundles["inverting"], place / "in.mp4", "--out", place / "out.mp4", "--enlarge", "2"]
    assert run(*words)[0] == 0
    with av.open(str(place / "out.mp4")) as made_video:
        assert (made_video.streams.video[0].width, made_video.streams.video[0].height) == (32, 32)


def test_raw_frames_through_a_pipe(bundles):
    frames = np.stack([noise(20, 30, seed=seed) for seed in range(3)])
    words = ["-m", "keras_gen", "translate", str(bundles["inverting"]), "--raw", "30x20", "--count", "2"]
    done = subprocess.run([sys.executable, *words], input=frames.tobytes(), capture_output=True, check=True)
    np.testing.assert_array_equal(np.frombuffer(done.stdout, np.uint8).reshape(2, 20, 30, 3), 255 - frames[:2])


def test_a_camera(bundles, place, run):
    words = ["translate", bundles["inverting"], "--camera", "lavfi:testsrc=size=32x32", "--count", "3"]
    code, out, _ = run(*words, "--out", place / "out.mp4")
    assert (code, out) == (0, f"3 frames: {place / 'out.mp4'}\n")


def test_a_bomb_is_refused_and_let_in_on_demand(bundles, place, run, refused):
    Image.new("RGB", (600, 500)).save(place / "large.png")
    words = ["translate", bundles["inverting"], place / "large.png", "--out", place / "out.png"]
    line = refused(*words, "--max-pixels", "299999")
    assert line == f"keras-gen: {place / 'large.png'} must have at most 299999 pixels. Received: 600x500.\n"
    assert run(*words, "--max-pixels", "300000")[0] == 0


@pytest.fixture(scope="module")
def answering(tmp_path_factory):
    """A model with noise that nobody has trained."""
    model = keras_gen.Pix2Pix(
        (16, 16, 3),
        {"name": "unet", "filters": 4, "depth": 2},
        {"name": "patchgan", "receptive_field": 16, "filters": 4},
        noise_dim=2,
        recovery_weight=0.0,
    )
    model.average.set_weights([30 * weight for weight in model.average.get_weights()])
    return export.export_bundle(model, tmp_path_factory.mktemp("answering") / "bundle")


def test_variants_of_a_seed_are_written_beside_each_other(answering, place, run):
    picture = place / "in" / "deeper" / "1.png"
    words = ["translate", answering, picture, "--seed", "7"]
    code, out, _ = run(*words, "--out", place / "out.png", "--variants", "2")
    files = [place / f"out_{number}.png" for number in (1, 2)]
    assert (code, out) == (0, "".join(f"translated: {file}\n" for file in files))
    first, second = (read_image(file) for file in files)
    assert np.abs(first.astype(int) - second).max() > 0
    translator = serving.load(answering, "cpu")
    np.testing.assert_array_equal(translator.variants(read_image(picture)[None], 2, seed=7)[0], [first, second])
    assert run(*words, "--out", place / "one.png")[0] == 0
    np.testing.assert_array_equal(read_image(place / "one.png"), first)


def test_variants_of_a_folder_are_resumed_each(answering, place, run):
    (place / "in" / "broken.png").unlink()
    words = ["translate", answering, place / "in", "--out", place / "out", "--variants", "2"]
    assert run(*words)[0] == 0
    names = sorted(file.name for file in (place / "out" / "deeper").iterdir())
    assert names == ["0_1.png", "0_2.png", "1_1.png", "1_2.png", "2_1.png", "2_2.png"]
    (place / "out" / "deeper" / "2_2.png").unlink()
    lines = run(*words)[1].splitlines()
    assert [line.partition(" failed")[0] for line in lines] == [
        "0 translated, 3 were there, 0",
        "1 translated, 2 were there, 0",
    ]


def test_latents_of_ones_own(answering):
    translator, images = serving.load(answering, "cpu"), np.stack([noise(20, 30, seed=0)] * 2)
    latents = translator.latents(2, seed=3)
    made = translator.translate(images, latents=latents)
    np.testing.assert_array_equal(made, translator.variants(images[:1], 2, seed=3)[0])
    with pytest.raises(InputError, match=r"`latents` must be float32 \(2, 2\). Received: float32 \(1, 2\)"):
        translator.translate(images, latents=latents[:1])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["in", "--out", "out", "--variants", "4"], "which has one answer to each picture. Received: seed 0."),
        (["in", "--out", "out", "--seed", "4"], "`seed` and `variants` must be left out for"),
        (["in", "--out", "out", "--variants", "0"], "`variants` must be at least 1. Received: 0"),
        (["in", "--out", "out", "--seed", "4", "--ray", "local"], "must be left out with --ray"),
        (["none.png", "--out", "out.png"], "none.png must be a picture, a folder or a video. Received: no such file"),
        (["in/deeper/0.png", "--out", "out.png", "--to", "c"], "translates to b. Received: 'c'"),
        (["in/deeper/0.png", "--out", "out.txt"], "--out must be a picture file"),
        (["in/deeper/0.png", "--out", "in"], "--out must be a picture file"),
        (["in", "--out", "in/out"], "--out must be a folder outside of"),
        (
            ["in/deeper/0.png", "--out", "out.png", "--tile", "3"],
            "`tile` must be an integer of at least 8. Received: 3",
        ),
        (["in/deeper/0.png", "--out", "out.png", "--max_pixels", "0"], "`max_pixels` must be at least 1"),
        (
            ["--camera", "77", "--out", "out.mp4"],
            "--camera must be a camera or a stream that can be opened. Received: 77",
        ),
        (["in", "--out", "out", "--enlarge", "0"], "`enlarge` must be at least 1. Received: 0"),
        (["in", "--out", "out", "--enlarge", "2", "--ray", "local"], "--enlarge must be left out with --ray"),
        (["--camera", "0"], "--out must be given. Received: nothing"),
        (["--raw", "8", "--count", "1"], "--raw must be the width and height of the frames, such as 640x480"),
        (["--raw", "8x8", "--out", "a.mp4"], "--out must be left out with --raw"),
        (["in", "--raw", "8x8"], "one of a source, --camera, --raw must be given. Received: a source and --raw"),
        (["in", "--out", "out", "--count", "1"], "--count must be left out without --camera and --raw. Received: 1"),
        (["in", "--out", "out", "--mask", "none"], "--mask must be a picture or a folder of pictures. Received: none"),
        (["in", "--out", "out", "--mask-edge", "3"], "--mask-edge must be left out without --mask. Received: 3"),
        (["in", "--out", "out", "--mask", "in", "--ray", "local"], "--mask must be left out with --ray. Received: in"),
        (
            ["in/deeper/0.png", "--out", "out.png", "--mask", "in/deeper/1.png", "--mask-edge", "-1"],
            "`mask_edge` must be at least 0. Received: -1",
        ),
        (["in/broken.png", "--out", "out.png"], "in/broken.png must be a readable picture"),
    ],
)
def test_mistakes_are_one_line(bundles, place, refused, words, message, monkeypatch):
    monkeypatch.chdir(place)
    assert message in refused("translate", bundles["inverting"], *words)
    assert not (place / "out.png").exists()


def test_a_bundle_that_does_not_translate_is_named(vae_bundle, place, refused):
    picture = place / "in" / "deeper" / "0.png"
    line = refused("translate", vae_bundle, picture, "--out", place / "out.png")
    assert "must translate. Received: a bundle of 'vae'" in line
    assert "translate" in line


def test_a_bundle_that_translates_draws_no_samples(bundles, place, refused):
    line = refused("sample", bundles["both"], "--out", place / "out.png")
    assert "must have the network" in line or "must have a latent space" in line


@pytest.mark.skipif(sys.platform == "win32", reason="limits of a process")
def test_what_can_be_read_of_a_damaged_video(bundles, place, run, refused):
    write_video(place / "whole.mkv", frames=40)
    content = (place / "whole.mkv").read_bytes()
    (place / "in.mkv").write_bytes(content[: len(content) * 3 // 4])
    words = ["translate", bundles["inverting"], place / "in.mkv", "--out", place / "out.mp4"]
    assert "in.mkv must be a readable video. Received: " in refused(*words)
    code, out, err = run(*words, "--keep-going")
    assert code == 1
    assert re.fullmatch(r"\d+ frames: .*out\.mp4\n", out)
    assert re.fullmatch(r"keras-gen: .*in\.mkv is damaged: .*\. What could be read is in .*out\.mp4\.\n", err)


@pytest.mark.parametrize("kind", ["picture", "folder", "video"])
def test_a_full_disk_is_one_line_that_names_the_file(bundles, place, kind):
    """A process that may write 500 bytes to a file meets what it would on a full disk."""
    (place / "in" / "broken.png").unlink()
    write_png(place / "in" / "dot.png", np.zeros((3, 3, 3), np.uint8))
    write_video(place / "in.mp4")
    source, out, named = {
        "picture": (place / "in" / "deeper" / "0.png", place / "out.png", place / "out.png"),
        "folder": (place / "in", place / "out", place / "out" / "deeper" / "0.png"),
        "video": (place / "in.mp4", place / "out.mp4", place / "out.mp4"),
    }[kind]
    words = [sys.executable, "-m", "keras_gen", "translate", bundles["inverting"], source, "--out", out]
    limit = (500, 500)
    done = subprocess.run(
        list(map(str, words)),
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit),
        check=False,
    )
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert len(lines) == (3 if kind == "folder" else 1), done.stderr
    assert str(named) in lines[0]
    assert "File too large" in lines[0]
    assert (place / "out" / "dot.png").exists() == (kind == "folder")
    assert not named.exists()

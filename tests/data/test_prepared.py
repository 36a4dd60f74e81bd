"""Pictures that are prepared once and read from the disk."""

from __future__ import annotations

import gzip
import json
import resource

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from keras_gen.cli import main
from keras_gen.data import Share, open_source


def write(path, array):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path)


@pytest.fixture
def folder(tmp_path):
    """12 + 4 pictures of two classes, in several sizes, one of them grey."""
    rng = np.random.default_rng(0)
    for split, count in (("train", 6), ("test", 2)):
        for name in ("cat", "dog"):
            for index in range(count):
                height = 9 + index
                shape = (height, 10) if index == 0 else (height, 10, 3)
                write(tmp_path / "in" / split / name / f"{index}.png", rng.integers(0, 256, shape, np.uint8))
    return tmp_path / "in"


@pytest.fixture
def prepared(folder, tmp_path, capsys):
    assert main(["prepare", f"folder:{folder}", "--out", str(tmp_path / "out"), "--image_size", "8"]) == 0
    assert capsys.readouterr().out == f"train: 12 pictures\ntest: 4 pictures\nprepared: {tmp_path / 'out'}\n"
    return f"prepared:{tmp_path / 'out'}"


@pytest.mark.parametrize("split", ["train", "test", "all"])
def test_it_holds_what_the_source_gives(folder, prepared, split):
    expected, received = (open_source(name, 8, split=split) for name in (f"folder:{folder}", prepared))
    np.testing.assert_array_equal(received.examples.images, expected.examples.images)
    np.testing.assert_array_equal(received.examples.labels, expected.examples.labels)
    assert received.classes == expected.classes == ("cat", "dog")


def test_batches_come_as_they_do_from_memory(folder, prepared):
    streams = [
        open_source(name, 8).endless(5, seed=3, first_step=1, labels=True).take(6).as_numpy_iterator()
        for name in (f"folder:{folder}", prepared)
    ]
    for (images, labels), (expected, of_expected) in zip(*streams, strict=True):
        np.testing.assert_array_equal(images, expected)
        np.testing.assert_array_equal(labels, of_expected)


def test_pictures_stay_on_the_disk(prepared):
    assert isinstance(open_source(prepared).examples.images, np.memmap)


def test_workers_read_their_shares_of_the_same_batches(prepared):
    """Two workers with two replicas each: 8 pictures are 2 for each replica, in the order of the batch."""
    source = open_source(prepared)
    whole = list(source.endless(8, seed=1).take(3).as_numpy_iterator())
    parts = [list(source.endless(8, seed=1, share=Share(w, 2, 2)).take(6).as_numpy_iterator()) for w in range(2)]
    for step, batch in enumerate(whole):
        shares = [part for of_worker in parts for part in of_worker[2 * step : 2 * step + 2]]
        assert [len(share) for share in shares] == [2, 2, 2, 2]
        np.testing.assert_array_equal(np.concatenate(shares), batch)


def test_a_model_trains_on_it(prepared, tmp_path):
    run = tmp_path / "run"
    words = ["--batch_size", "4", "--epochs", "1", "--validation", "true", "--out", str(run)]
    assert main(["train", "autoencoder", "--data", prepared, *words]) == 0
    assert (run / "metrics.csv").read_text().splitlines()[0].count("val_loss") == 1


def test_the_same_command_prepares_anew(folder, prepared, tmp_path):
    assert main(["prepare", f"folder:{folder}", "--out", str(tmp_path / "out"), "--image_size", "4"]) == 0
    assert open_source(prepared).image_shape == (4, 4, 3)


def test_a_set_without_a_test_split_or_labels(tmp_path):
    np.savez(tmp_path / "n.npz", x=np.arange(60, dtype=np.uint8).reshape(5, 4, 3))
    assert main(["prepare", f"npz:{tmp_path / 'n.npz'}", "--out", str(tmp_path / "out")]) == 0
    source = open_source(f"prepared:{tmp_path / 'out'}")
    assert (source.image_shape, source.examples.labels) == ((4, 3, 1), None)
    assert next(iter(source.dataset(5))).shape == (5, 4, 3, 1)
    assert source.dataset(5).element_spec == tf.TensorSpec((None, 4, 3, 1), tf.float32)


def test_a_folder_of_the_first_format(folder, prepared, tmp_path):
    file = tmp_path / "out" / "prepared.json"
    facts = json.loads(file.read_text())
    of_first = {
        "format": "keras-gen prepared pictures, 1",
        "source": "x",
        "splits": ["train"],
        "classes": ["cat", "dog"],
    }
    file.write_text(json.dumps({**of_first, "image_shape": facts["image_shapes"]["train"]}))
    expected, received = (open_source(name, 8) for name in (f"folder:{folder}", prepared))
    np.testing.assert_array_equal(received.examples.images, expected.examples.images)
    assert received.classes == ("cat", "dog")


@pytest.mark.parametrize(("grey", "shape"), [((), (5, 4, 3)), (("test",), (5, 4, 3)), (("train", "test"), (5, 4, 1))])
def test_test_pictures_have_the_shape_of_the_training_pictures(tmp_path, grey, shape):
    """As validation asks of a source: grey where all training pictures are, and of their size."""
    rng = np.random.default_rng(1)
    for split, count, size in (("train", 3, (5, 4)), ("test", 2, (9, 8))):
        for index in range(count):
            channels = () if split in grey else (3,)
            write(tmp_path / "in" / split / f"{index}.png", rng.integers(0, 256, (*size, *channels), np.uint8))
    assert main(["prepare", f"folder:{tmp_path / 'in'}", "--out", str(tmp_path / "out")]) == 0
    source, prepared = f"folder:{tmp_path / 'in'}", f"prepared:{tmp_path / 'out'}"
    assert open_source(prepared).image_shape == open_source(source).image_shape == shape
    for split in ("train", "test"):
        expected, received = (open_source(name, shape[:2], shape[2], split) for name in (source, prepared))
        np.testing.assert_array_equal(received.examples.images, expected.examples.images)


class TestMistakes:
    @pytest.mark.parametrize("kind", ["folder", "npz", "idx", "usps"])
    def test_a_damaged_test_split_is_reported(self, folder, tmp_path, capsys, kind):
        place = tmp_path / "data"
        place.mkdir()
        if kind == "folder":
            (folder / "test" / "dog" / "1.png").write_bytes(b"no picture")
            place = folder
        elif kind == "npz":
            place = place / "x.npz"
            np.savez(place, x_train=np.zeros((3, 4, 4)), x_test=np.full((2, 4, 4), 7.0))
        elif kind == "idx":
            (place / "train-images-idx3-ubyte").write_bytes(
                bytes([0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2]) + b"1234"
            )
            (place / "t10k-images-idx3-ubyte").write_bytes(b"no file of this kind")
        else:
            with gzip.open(place / "zip.train.gz", "wt") as file:
                file.write(" ".join(["3", *["0"] * 256]))
            (place / "zip.test.gz").write_bytes(b"no gzip")
        words = ["prepare", f"{kind}:{place}", "--out", str(tmp_path / "out"), "--image_size", "4"]
        if kind == "npz":
            words = words[:-2]
        assert main(words) == 2
        assert capsys.readouterr().err.count("\n") == 1
        assert not (tmp_path / "out").exists()

    def test_a_disk_that_is_full(self, tmp_path, capsys):
        """Files may not grow larger than the pictures, as where no room is left."""
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, limits[1]))
        try:
            assert main(["prepare", "digits", "--out", str(tmp_path / "out"), "--image_size", "16"]) == 2
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert "must be a folder with enough room. Received: " in capsys.readouterr().err
        assert not list(tmp_path.iterdir())

    @pytest.mark.parametrize(
        ("words", "message"),
        [
            (["folder:{folder}", "--out", "{tmp}/out"], "pictures must have one size unless --image-size (or"),
            (["folder:{folder}", "--out", "{folder}"], "--out must be a new folder, or one that this command has"),
            (["folder:{tmp}/no", "--out", "{tmp}/out"], "no must be a folder. Received: no such folder."),
            (["nothing", "--out", "{tmp}/out"], "the data source must be digits, "),
        ],
    )
    def test_of_preparing(self, folder, tmp_path, capsys, words, message):
        assert main(["prepare", *(word.format(folder=folder, tmp=tmp_path) for word in words)]) == 2
        assert message in capsys.readouterr().err
        assert not (tmp_path / "out").exists()
        assert len(list(folder.rglob("*.png"))) == 16

    def test_another_size_than_prepared(self, prepared, tmp_path, capsys):
        assert main(["train", "vae", "--data", prepared, "--image_size", "16", "--out", str(tmp_path / "run")]) == 2
        assert (
            "holds pictures of 8x8x3 in the split 'train'; another size must be prepared anew"
            in capsys.readouterr().err
        )

    def test_a_split_that_is_not_there(self, prepared, tmp_path, capsys):
        facts = json.loads((tmp_path / "out" / "prepared.json").read_text())
        (tmp_path / "out" / "prepared.json").write_text(json.dumps({**facts, "image_shapes": {"train": [8, 8, 3]}}))
        words = ["--batch_size", "4", "--validation", "true", "--out", str(tmp_path / "run")]
        assert main(["train", "vae", "--data", prepared, *words]) == 2
        assert "must have the split 'test'. Received: train." in capsys.readouterr().err

    @pytest.mark.parametrize("damage", ["cut", "gone", "pickle", "format", "other", "folder"])
    def test_of_a_damaged_folder(self, prepared, tmp_path, capsys, damage):
        file = tmp_path / "out" / "train-images.npy"
        if damage == "cut":
            file.write_bytes(file.read_bytes()[:-100])
        elif damage == "gone":
            file.unlink()
        elif damage == "pickle":
            np.save(file, np.array([{}], dtype=object))
        elif damage == "format":
            (tmp_path / "out" / "prepared.json").write_text("{}")
        elif damage == "other":
            np.save(file, np.zeros((12, 4, 4, 3), np.uint8))
        else:
            prepared = f"prepared:{tmp_path / 'nowhere'}"
        assert main(["train", "vae", "--data", prepared, "--out", str(tmp_path / "run")]) == 2
        assert capsys.readouterr().err.count("\n") == 1

"""Two domains that are prepared once and read from the disk."""

from __future__ import annotations

import json

import numpy as np
import pytest

from keras_gen.cli import main
from keras_gen.data import Share, examples, open_domains, open_source
from serving import InputError
from serving.common.images import write_png

KINDS = [
    "pairs:{}/sides",
    "pairs:{0}/a,{0}/b",
    "unpaired:{}/split",
    "unpaired:{0}/a,{0}/c",
    "edges:folder:{}/grey",
    "edges:npz:{}/float.npz",
    "textured:digits",
]


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Pictures of 10x9 pixels: pairs side by side and in two folders, two sets of 5 and 3, and grey ones."""
    root = tmp_path_factory.mktemp("domains")
    rng = np.random.default_rng(0)
    for split, count in (("train", 5), ("test", 2)):
        for n in range(count):
            a, b, c = rng.integers(0, 256, (3, 9, 10, 3), np.uint8)
            write_png(root / "sides" / split / f"{n}.png", np.concatenate([a, b], axis=1))
            write_png(root / "a" / split / f"{n}.png", a)
            write_png(root / "b" / split / f"{n}.png", b)
            write_png(root / f"split/{split}A/{n}.png", a)
            write_png(root / "grey" / split / "xy"[n % 2] / f"{n}.png", a[..., :1])
            if n < 3:
                write_png(root / "c" / split / f"{n}.png", c)
                write_png(root / f"split/{split}B/{n}.png", c)
    values = {f"x_{split}": rng.uniform(0, 1, (n, 9, 10)) for split, n in (("train", 5), ("test", 2))}
    np.savez(root / "float.npz", **values)
    return root


def prepare(name, out, *words):
    assert main(["prepare", name, "--out", str(out), *map(str, words)]) == 0
    return f"prepared:{out}"


def taken(name, size, options, reverse=False):
    batches = open_domains(name, size, reverse=reverse).endless(2, seed=5, **options)
    return [tuple(part.tobytes() for part in batch) for batch in batches.take(9).as_numpy_iterator()]


@pytest.mark.parametrize("kind", KINDS)
def test_it_holds_what_the_source_gives(root, tmp_path, kind):
    name = kind.format(root)
    prepared = prepare(name, tmp_path / "out")
    for split in ("train", "test"):
        expected, received = (open_domains(place, split=split) for place in (name, prepared))
        assert received.paired == expected.paired
        for part, of_source in ((received.a, expected.a), (received.b, expected.b)):
            np.testing.assert_array_equal(part.examples.labels, of_source.examples.labels)
            assert part.classes == of_source.classes
            assert isinstance(part.examples.images, np.memmap)
        one_pass = [
            [tuple(part.tobytes() for part in batch) for batch in both.dataset(2).as_numpy_iterator()]
            for both in (expected, received)
        ]
        assert one_pass[0] == one_pass[1]


@pytest.mark.parametrize("kind", ["pairs:{}/sides", "unpaired:{}/split"])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"crop": 4, "mirror": True},
        {"first_step": 3},
        {"crop": 4, "mirror": True, "first_step": 3},
        {"share": Share(1, 2, 1)},
        {"crop": 4, "mirror": True, "first_step": 3, "share": Share(1, 2, 1)},
    ],
)
def test_batches_are_those_of_the_source_byte_by_byte(root, tmp_path, kind, options):
    name = kind.format(root)
    prepared = prepare(name, tmp_path / "out", "--image_size", 8)
    for reverse in (False, True):
        assert taken(prepared, 8, options, reverse) == taken(name, 8, options, reverse)


def test_counts_are_printed(root, tmp_path, capsys):
    prepare(f"pairs:{root}/sides", tmp_path / "pairs")
    assert capsys.readouterr().out.splitlines()[:2] == ["train: 5 pairs", "test: 2 pairs"]
    prepare(f"unpaired:{root}/split", tmp_path / "unpaired")
    assert capsys.readouterr().out.splitlines()[:2] == ["train: 5 and 3 pictures", "test: 2 and 2 pictures"]


def test_both_splits_one_after_the_other(root, tmp_path):
    prepared = prepare(f"unpaired:{root}/split", tmp_path / "out")
    expected, received = (open_domains(name, split="all") for name in (f"unpaired:{root}/split", prepared))
    np.testing.assert_array_equal(received.a.examples.images, expected.a.examples.images)
    np.testing.assert_array_equal(received.b.examples.images, expected.b.examples.images)


@pytest.mark.parametrize("kind", KINDS[:5])
def test_pictures_are_never_in_memory_all_at_once(root, tmp_path, monkeypatch, kind):
    """What would read a set into memory refuses it."""
    monkeypatch.setattr(examples, "MEMORY_LIMIT", 0)
    name = kind.format(root)
    with pytest.raises(InputError, match="must fit in"):
        open_domains(name)
    assert open_domains(prepare(name, tmp_path / "out")).steps(1) == 5


@pytest.mark.parametrize("kind", ["pairs:{}/sides", "unpaired:{}/split"])
def test_training_pictures_may_be_larger_than_those_of_the_test(root, tmp_path, kind):
    """Training takes parts of them; validation sees whole pictures of the size of a part."""
    name = kind.format(root)
    prepared = prepare(name, tmp_path / "out", "--load_size", 8, "--image_size", 6)
    for split, size in (("train", 8), ("test", 6)):
        expected, received = (open_domains(place, size, split=split) for place in (name, prepared))
        np.testing.assert_array_equal(received.a.examples.images, expected.a.examples.images)
        np.testing.assert_array_equal(received.b.examples.images, expected.b.examples.images)


@pytest.fixture
def two_domains(tmp_path, monkeypatch):
    """A data set of TensorFlow Datasets, `both`, with the splits trainA (3), trainB (2) and testA, testB (1)."""
    import tensorflow as tf
    import tensorflow_datasets as tfds

    def split(values):
        pictures = [{"image": np.full((4, 4, 3), value, np.uint8), "label": value % 2} for value in values]
        signature = {"image": tf.TensorSpec((None, None, 3), tf.uint8), "label": tf.TensorSpec((), tf.int64)}
        return tf.data.Dataset.from_generator(lambda: pictures, output_signature=signature)

    features = {"image": tfds.features.Image(shape=(None, None, 3)), "label": tfds.features.ClassLabel(num_classes=2)}
    tfds.dataset_builders.store_as_tfds_dataset(
        name="both",
        version="1.0.0",
        features=tfds.features.FeaturesDict(features),
        split_datasets={name: split(v) for name, v in zip(SPLITS, ([1, 2, 3], [4, 5], [6], [7]), strict=True)},
        data_dir=tmp_path,
        disable_shuffling=True,
    )
    monkeypatch.setattr(tfds.core.constants, "DATA_DIR", str(tmp_path))
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))


SPLITS = ("trainA", "trainB", "testA", "testB")


def test_tensorflow_datasets_of_two_domains(two_domains, tmp_path):
    prepared = prepare("tfds:both", tmp_path / "out", "--image_size", 8)
    for split in ("train", "test"):
        expected, received = (open_domains(name, 8, split=split) for name in ("tfds:both", prepared))
        np.testing.assert_array_equal(received.a.examples.images, expected.a.examples.images)
        np.testing.assert_array_equal(received.b.examples.images, expected.b.examples.images)
        assert received.a.examples.labels is None
    assert not received.paired
    with pytest.raises(InputError, match="must have the split 'train'. Received: trainA, trainB, testA, testB"):
        open_source("tfds:both")


class TestMistakes:
    @pytest.fixture
    def refused(self, capsys):
        def command(*words):
            assert main([str(word) for word in words]) == 2
            err = capsys.readouterr().err
            assert err.count("\n") == 1
            return err

        return command

    def test_one_domain_where_two_are_wanted_and_the_reverse(self, root, tmp_path, refused):
        two = prepare(f"pairs:{root}/sides", tmp_path / "two")
        one = prepare("digits", tmp_path / "one")
        run = tmp_path / "run"
        said = refused("train", "cyclegan", "--data", one, "--out", run)
        assert f"{one} must hold pictures of two domains. Received: those of one." in said
        said = refused("train", "gan", "--data", two, "--out", run)
        assert f"{two} must hold pictures of one domain. Received: those of two." in said
        assert not run.exists()

    def test_pix2pix_takes_no_unpaired_domains(self, root, tmp_path, refused):
        prepared = prepare(f"unpaired:{root}/split", tmp_path / "out")
        said = refused("train", "pix2pix", "--data", prepared, "--out", tmp_path / "run")
        assert "must have pairs of pictures that belong together" in said

    @pytest.mark.parametrize(
        ("words", "message"),
        [
            (["digits", "--load_size", "9", "--image_size", "8"], "--load-size must be left out for a source of one"),
            (["pairs:{root}/sides", "--load_size", "9"], "--load-size must be at least --image-size"),
            (["pairs:{root}/sides", "--load_size", "7", "--image_size", "8"], "Received: 7 and 8"),
            (["pairs:{root}/nowhere"], "must be a folder. Received: no such folder"),
            (["pairs:"], "as in pairs:PATH. Received: 'pairs:'"),
            (["pair:{root}"], "Did you mean 'pairs'?"),
            (["edges:digit"], "Did you mean 'digits'?"),
            (["unpaired:{root}/a,{root}/wide"], "10x9x3 ({root}/a/train/0.png) and 12x9x3 ({root}/wide/train/0.png)"),
            (["pairs:{root}/a,{root}/wide"], "10x9 ({root}/a/train/0.png) and 12x9 ({root}/wide/train/0.png)"),
            (["unpaired:{root}/half"], "must have the folder testB. Received: no {root}/half/testB"),
        ],
    )
    def test_of_preparing(self, root, tmp_path, refused, words, message):
        for n in range(5):
            write_png(root / "wide" / "train" / f"{n}.png", np.zeros((9, 12, 3), np.uint8))
        for name in ("trainA", "trainB", "testA"):
            write_png(root / "half" / name / "0.png", np.zeros((9, 12, 3), np.uint8))
        said = refused("prepare", *(word.format(root=root) for word in words), "--out", tmp_path / "out")
        assert message.format(root=root) in said
        assert not list(tmp_path.iterdir())

    def test_a_prepared_folder_is_not_prepared_again_as_one_domain(self, root, tmp_path, refused):
        prepared = prepare(f"pairs:{root}/sides", tmp_path / "in")
        assert "must hold pictures of one domain" in refused("prepare", prepared, "--out", tmp_path / "out")

    @pytest.mark.parametrize("kind", ["pairs:{}", "unpaired:{0}/A,{0}/B", "unpaired:{}"])
    def test_a_test_split_that_is_damaged_and_one_that_is_not_there(self, tmp_path, refused, kind):
        folder = tmp_path / "in"
        for split in ("train", "test"):
            for place in (
                f"{split}/0.png",
                f"A/{split}/0.png",
                f"B/{split}/0.png",
                f"{split}A/0.png",
                f"{split}B/0.png",
            ):
                write_png(folder / place, np.zeros((4, 8, 3), np.uint8))
        broken = {"pairs:{}": "test", "unpaired:{}": "testB"}.get(kind, "B/test")
        (folder / broken / "0.png").write_bytes(b"no picture")
        name = kind.format(folder)
        assert "0.png must be a readable picture" in refused("prepare", name, "--out", tmp_path / "out")
        assert not (tmp_path / "out").exists()
        for place in ("test", "A/test", "B/test", "testA", "testB"):
            (folder / place / "0.png").unlink()
            (folder / place).rmdir()
        prepared = prepare(name, tmp_path / "out")
        assert len(open_domains(prepared)) == 1
        with pytest.raises(InputError, match="must have the split 'test'. Received: train"):
            open_domains(prepared, split="test")

    @pytest.mark.parametrize("kind", ["pairs:{}/sides", "unpaired:{}/split"])
    @pytest.mark.parametrize("damage", ["cut", "gone", "single", "domains"])
    def test_of_a_damaged_folder(self, root, tmp_path, kind, damage):
        prepared = prepare(kind.format(root), tmp_path / "out")
        file = sorted((tmp_path / "out").glob("train*-images.npy"))[-1]
        if damage == "cut":
            file.write_bytes(file.read_bytes()[:-100])
        elif damage == "gone":
            file.unlink()
        elif damage == "single":
            np.save(file, np.zeros((5, 3, 10, 3), np.uint8))
        else:
            facts = json.loads((tmp_path / "out" / "prepared.json").read_text())
            (tmp_path / "out" / "prepared.json").write_text(json.dumps({**facts, "domains": "three"}))
        with pytest.raises(InputError):
            open_domains(prepared)

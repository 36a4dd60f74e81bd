"""One table of classes for all splits of a source, taken from training, for every kind that names classes."""

from __future__ import annotations

import gzip
import struct

import numpy as np
import pytest

import keras_gen
import serving
from keras_gen.cli import main
from keras_gen.cli.train_data import open_training_data
from keras_gen.cli.train_options import DataOptions, RunOptions
from keras_gen.data import open_domains, open_source, open_stream
from keras_gen.data.own import FUNCTIONS
from keras_gen.data.preparing import prepare
from keras_gen.metrics.evaluation import evaluate_classifier
from serving.common.errors import InputError
from serving.common.images import to_uint8, write_png

TRAIN = ["a", "b", "c", "b"]
TEST = ["c", "a", "c"]
UNKNOWN = ["a", "d"]


def shades(names):
    """A picture for each name, whose grey level says which letter it is."""
    return np.stack([np.full((8, 8, 1), 60 * (ord(name) - ord("a")) + 20, np.uint8) for name in names])


def letters(images):
    return [chr(ord("a") + (int(image.max()) - 20) // 60) for image in images]


def folder(tmp_path, train, test):
    for split, names in (("train", train), ("test", test)):
        if not names:
            continue
        for index, (name, picture) in enumerate(zip(names, shades(names), strict=True)):
            write_png(tmp_path / split / name / f"{index}.png", picture)
    return f"folder:{tmp_path}"


def npz(tmp_path, train, test):
    arrays = {"x_train": shades(train), "y_train": train, "x_test": shades(test), "y_test": test}
    np.savez(tmp_path / "a.npz", **arrays)
    return f"npz:{tmp_path / 'a.npz'}"


def prepared(tmp_path, train, test):
    assert main(["prepare", folder(tmp_path / "files", train, test), "--out", str(tmp_path / "prepared")]) == 0
    return f"prepared:{tmp_path / 'prepared'}"


def registered(name, function):
    name = f"test_classes:{name}"
    FUNCTIONS.register(name, function)
    return name


def own(tmp_path, train, test):
    """A function that numbers the classes of a split by what is in it, as people's functions do."""

    def function(split):
        names = {"train": train, "test": test}[split]
        classes = sorted(set(names))
        return shades(names), np.array([classes.index(name) for name in names]), classes

    return registered(f"own_{tmp_path.name}", function)


KINDS = [folder, npz, prepared, own]


@pytest.mark.parametrize("kind", KINDS)
def test_a_class_that_is_missing_in_test_moves_no_other(kind, tmp_path):
    name = kind(tmp_path, TRAIN, TEST)
    for split in ("train", "test", "all"):
        source = open_source(name, split=split)
        assert source.classes == ("a", "b", "c")
        found = [source.classes[label] for label in source.examples.labels]
        assert found == letters(source.examples.images)
        stream = open_stream(name, channels=1, split=split)
        assert stream.classes == ("a", "b", "c")
        assert all([stream.classes[label]] == letters([picture]) for picture, label in stream.examples)


@pytest.mark.parametrize("kind", KINDS)
def test_a_class_that_training_does_not_have_is_refused_by_name(kind, tmp_path, capsys):
    if kind is prepared:
        name = folder(tmp_path / "files", TRAIN, UNKNOWN)
        assert main(["prepare", name, "--out", str(tmp_path / "prepared")]) == 2
        assert "known classes alone: a, b, c. Received: 'd'." in capsys.readouterr().err
        return
    name = kind(tmp_path, TRAIN, UNKNOWN)
    assert len(open_source(name)) == 4
    for split in ("test", "all"):
        with pytest.raises(InputError, match=r"known classes alone: a, b, c\. Received: 'd'"):
            open_source(name, split=split)


@pytest.mark.parametrize("kind", KINDS)
def test_labels_are_those_of_a_models_classes(kind, tmp_path):
    source = open_source(kind(tmp_path, TRAIN, TEST), split="test", classes=("d", "c", "b", "a"))
    assert source.classes == ("d", "c", "b", "a")
    assert [source.classes[label] for label in source.examples.labels] == letters(source.examples.images)
    with pytest.raises(InputError, match="known classes alone: b, d"):
        source.of_classes(("b", "d"))


def test_numbers_of_idx_files(tmp_path):
    for split, labels in (("train", [1, 2, 4]), ("t10k", [4, 1])):
        for what, array in (("images-idx3", shades("a" * len(labels))[..., 0]), ("labels-idx1", labels)):
            values = np.asarray(array, np.uint8)
            header = bytes([0, 0, 8, values.ndim]) + struct.pack(f">{values.ndim}I", *values.shape)
            (tmp_path / f"{split}-{what}-ubyte.gz").write_bytes(gzip.compress(header + values.tobytes()))
    test = open_source(f"idx:{tmp_path}", split="test")
    assert (test.classes, test.examples.labels.tolist()) == (("1", "2", "4"), [2, 0])
    assert open_source(f"idx:{tmp_path}", split="all").examples.labels.tolist() == [0, 1, 2, 2, 0]


def test_sources_of_two_domains_have_the_inner_ones_classes(tmp_path):
    name = folder(tmp_path, TRAIN, TEST)
    edges = open_domains(f"edges:{name}", split="test")
    assert (edges.a.classes, edges.b.examples.labels.tolist()) == (("a", "b", "c"), [0, 2, 2])
    textured = open_domains(f"textured:{name}", channels=3, split="test")
    assert (textured.b.classes, textured.b.examples.labels.tolist()) == (("a", "b", "c"), [2])


def test_two_domains_with_tables_of_their_own_are_prepared_with_one(tmp_path):
    def function(split):
        a = ["a", "c"] if split == "train" else ["c"]
        return (shades(a), np.array(a)), (shades("bca"), np.array(["b", "c", "a"]))

    name = registered(f"two_{tmp_path.name}", function)
    (tmp_path / "two").mkdir()
    prepare(tmp_path / "two", name)
    for split, of_a in (("train", [0, 1]), ("test", [1])):
        both = open_domains(f"prepared:{tmp_path / 'two'}", split=split)
        assert both.a.classes == both.b.classes == ("a", "c", "b")
        assert (both.a.examples.labels.tolist(), both.b.examples.labels.tolist()) == (of_a, [2, 1, 0])


def test_a_test_split_alone_has_its_own_classes_and_one_side_without_any_has_none(tmp_path):
    name = folder(tmp_path / "alone", [], TEST)
    assert open_source(name, split="test").classes == ("a", "c")
    flat = folder(tmp_path / "flat", [], TEST)
    write_png(tmp_path / "flat" / "train" / "0.png", shades("a")[0])
    assert open_source(flat).classes == ()
    assert open_source(flat, split="test").classes == ("a", "c")
    assert open_source(flat, split="all").examples.labels is None


def test_a_perfect_classifier_is_right_on_a_test_split_with_a_class_missing(tmp_path):
    source = open_source(folder(tmp_path, TRAIN, TEST), split="test")

    def classify(images):
        return np.array([[name == letter for name in "abc"] for letter in letters(to_uint8(images))], float)

    (accuracy,) = evaluate_classifier(classify, 3, source, None, 0)
    assert accuracy.value == 1.0


@pytest.fixture
def named(tmp_path):
    """Classes of the bundle `of_classes` under their names, one of them missing, in another order."""
    names = np.array(["two", "zero", "two", "zero"])
    np.savez(tmp_path / "named.npz", x_train=shades("abca"), y_train=names)
    return f"npz:{tmp_path / 'named.npz'}"


def test_commands_tell_a_bundle_its_own_classes(of_classes, named, tmp_path):
    words = ["features", str(of_classes), "--data", named, "--out", str(tmp_path / "codes.npy")]
    assert main([*words, "--labels", str(tmp_path / "labels.npy")]) == 0
    sampler = serving.load(of_classes)
    expected = sampler.encode(shades("abca"), labels=np.array([2, 0, 2, 0]))
    np.testing.assert_array_equal(np.load(tmp_path / "codes.npy"), expected)
    assert np.load(tmp_path / "labels.npy").tolist() == [2, 0, 2, 0]


@pytest.mark.parametrize("command", ["features", "evaluate"])
def test_commands_refuse_a_class_that_the_bundle_does_not_know(of_classes, tmp_path, capsys, command):
    name = folder(tmp_path, TRAIN, TEST)
    words = {"features": ["--split", "train", "--out", str(tmp_path / "a.npy")], "evaluate": ["--split", "train"]}
    assert main([command, str(of_classes), "--data", name, *words[command]]) == 2
    assert "known classes alone: zero, one, two. Received: 'a'." in capsys.readouterr().err


def test_training_refuses_to_validate_on_a_class_that_it_does_not_know(tmp_path, capsys):
    name = folder(tmp_path / "data", ["a", "b"], ["b", "c"])
    words = ["train", "conditional_vae", "--data", name, "--batch-size", "2", "--out", str(tmp_path / "run")]
    assert main([*words, "--validation"]) == 2
    assert "known classes alone: a, b. Received: 'c'." in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_the_target_domain_is_read_by_the_names_of_the_source(tmp_path, capsys):
    source = folder(tmp_path / "source", ["a", "b", "c"], TEST)
    target = npz(tmp_path, ["b", "c", "c"], ["c", "b"])
    cls = keras_gen.DANN
    options = DataOptions(source, target, batch_size=2, image_size=28)
    data = open_training_data(options, RunOptions("dann"), cls)
    model = cls((28, 28, 1), data.source.classes)
    ((_, labels),) = data.validation(model)
    assert labels.numpy().tolist() == [2, 1]
    unknown = npz(tmp_path, ["b", "d"], ["d", "b"])
    options = DataOptions(source, unknown, batch_size=2, image_size=28)
    with pytest.raises(InputError, match=r"known classes alone: a, b, c\. Received: 'd'"):
        open_training_data(options, RunOptions("dann"), cls).validation(model)

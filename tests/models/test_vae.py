from __future__ import annotations

import keras
import numpy as np
import pytest
import scipy.special
import scipy.stats
import tensorflow as tf

import keras_gen
from serving import InputError
from tests.harness import ModelContract


class TestVAE(ModelContract):
    model_class = keras_gen.VAE
    arguments = {
        "image_shape": (8, 8, 1),
        "latent_dim": 3,
        "encoder": {"name": "conv", "filters": 4, "units": 16},
        "decoder": {"name": "conv", "filters": 4, "units": 16},
        "seed": 7,
    }


class TestGaussianVAE(ModelContract):
    model_class = keras_gen.VAE
    arguments = {
        "image_shape": (8, 8, 1),
        "latent_dim": 2,
        "encoder": {"name": "mlp", "units": [16]},
        "decoder": {"name": "mlp", "units": [16]},
        "likelihood": "gaussian",
        "sigma": 0.5,
        "beta": 2.0,
    }


SMALL = {
    "image_shape": (8, 8, 1),
    "latent_dim": 2,
    "encoder": {"name": "mlp", "units": [16], "activation": "tanh"},
    "decoder": {"name": "mlp", "units": [16], "activation": "tanh"},
}


class TestImportanceWeightedVAE(ModelContract):
    model_class = keras_gen.VAE
    arguments = {**SMALL, "num_samples": 5, "binarize": True}


class TestScoreFunctionVAE(ModelContract):
    model_class = keras_gen.VAE
    arguments = {**SMALL, "estimator": "score_function", "free_nats": 0.1, "kl_warmup_steps": 5}


class TestLearnedScaleVAE(ModelContract):
    model_class = keras_gen.VAE
    arguments = {**SMALL, "likelihood": "discretized_logistic", "sigma": None}


class TotalCorrelationVAE(ModelContract):
    """Of several replicas and processes alone (`test_two_replicas.py`, `fit_as_worker.py`)."""

    model_class = keras_gen.VAE
    arguments = {**SMALL, "regularizer": "tc", "regularizer_weight": 3.0}


class DoublyReparameterizedVAE(ModelContract):
    """Of several replicas and processes alone (`test_two_replicas.py`, `fit_as_worker.py`)."""

    model_class = keras_gen.VAE
    arguments = {
        **SMALL,
        "num_samples": 6,
        "importance": "piwae",
        "importance_groups": 2,
        "estimator": "doubly_reparameterized",
    }


class TestVampPriorVAE(ModelContract):
    model_class = keras_gen.VAE
    arguments = {**SMALL, "prior": "vamp", "pseudo_inputs": 7}


class TestInverseAutoregressiveFlowVAE(ModelContract):
    model_class = keras_gen.VAE
    arguments = {**SMALL, "posterior": "iaf", "flow_units": 8}


def linear_vae(**arguments) -> keras.Model:
    """A VAE whose networks are single dense layers, so that its bound has a closed form."""
    encoder = keras.Sequential([keras.Input((1, 1, 1)), keras.layers.Flatten(), keras.layers.Dense(2)])
    decoder = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1), keras.layers.Reshape((1, 1, 1))])
    return keras_gen.VAE(image_shape=(1, 1, 1), latent_dim=1, encoder=encoder, decoder=decoder, **arguments)


def test_the_bound_is_tight_for_the_exact_posterior():
    """p(x|z) = N(a z, s^2), so p(x) = N(0, a^2 + s^2) and q(z|x) = N(a x / (a^2 + s^2), s^2 / (a^2 + s^2))."""
    a, sigma = 0.8, 0.6
    total = a**2 + sigma**2
    model = linear_vae(likelihood="gaussian", sigma=sigma)
    model.encoder.set_weights([np.array([[a / total, 0.0]]), np.array([0.0, np.log(sigma**2 / total)])])
    model.decoder.set_weights([np.array([[a]]), np.array([0.0])])
    x = np.linspace(-0.9, 0.9, 7, dtype=np.float32)
    noise = np.random.default_rng(0).standard_normal((200_000, 1, 1)).astype(np.float32)
    for value in x:
        images = np.full((len(noise), 1, 1, 1), value, np.float32)
        elbo = model.bound(images, noise, training=False)["elbo"].numpy()
        log_evidence = -0.5 * np.log(2 * np.pi * total) - value**2 / (2 * total)
        standard_error = elbo.std() / np.sqrt(len(noise))
        assert abs(elbo.mean() - log_evidence) < 5 * standard_error + 1e-5


def test_terms_add_up_in_nats_per_picture(pictures):
    model = keras_gen.VAE(image_shape=(8, 8, 1), latent_dim=2, beta=3.0)
    model.compile(optimizer="sgd")
    report = model.evaluate(pictures, verbose=0, return_dict=True)
    assert report["elbo"] == pytest.approx(-(report["reconstruction"] + report["kl"]), rel=1e-6)
    assert report["loss"] == pytest.approx(report["reconstruction"] + 3.0 * report["kl"], rel=1e-6)
    # An untrained decoder gives logits near 0: 64 pixels of log 2 nats each.
    assert report["reconstruction"] == pytest.approx(64 * np.log(2), rel=0.05)


def test_training_raises_the_bound(pictures):
    model = keras_gen.VAE(image_shape=(8, 8, 1), latent_dim=2, encoder="mlp", decoder="mlp")
    model.compile(optimizer="adam")
    history = model.fit(pictures, batch_size=32, epochs=15, verbose=0).history["elbo"]
    assert history[-1] > history[0] + 5


def test_predict_gives_pictures_in_range(small_vae, pictures):
    reconstructions = small_vae.predict(pictures, verbose=0)
    assert reconstructions.shape == pictures.shape
    assert np.abs(reconstructions).max() <= 1


def test_a_seed_gives_the_same_samples(small_vae):
    np.testing.assert_array_equal(small_vae.sample(5, seed=2), small_vae.sample(5, seed=2))
    np.testing.assert_allclose(small_vae.sample(5, seed=2)[:3], small_vae.sample(3, seed=2), atol=1e-6)
    assert not np.allclose(small_vae.sample(5, seed=2), small_vae.sample(5, seed=3))


def test_labels_in_the_data_are_ignored(pictures):
    model = keras_gen.VAE(image_shape=(8, 8, 1), latent_dim=2)
    model.compile(optimizer="sgd")
    data = tf.data.Dataset.from_tensor_slices((pictures, np.zeros(len(pictures), np.int64))).batch(32)
    assert set(model.fit(data, shuffle=False, verbose=0).history) == {
        "loss",
        "elbo",
        "sampled_elbo",
        "reconstruction",
        "kl",
    }


def exact_linear_vae(a=0.8, sigma=0.6, spread=1.0, **arguments):
    """`linear_vae` with the exact posterior, its deviation multiplied by `spread`, and log p(x)."""
    total = a**2 + sigma**2
    model = linear_vae(likelihood="gaussian", sigma=sigma, **arguments)
    model.encoder.set_weights([np.array([[a / total, 0.0]]), np.array([0.0, np.log(spread**2 * sigma**2 / total)])])
    model.decoder.set_weights([np.array([[a]]), np.array([0.0])])
    return model, lambda x: -0.5 * np.log(2 * np.pi * total) - x**2 / (2 * total)


def test_both_factorizations_of_the_bound_agree_in_expectation():
    model, _ = exact_linear_vae(spread=1.7)
    noise = np.random.default_rng(0).standard_normal((100_000, 1, 1)).astype(np.float32)
    terms = model.bound(np.full((len(noise), 1, 1, 1), 0.4, np.float32), noise, training=False)
    closed, sampled = terms["elbo"].numpy(), terms["sampled_elbo"].numpy()
    assert abs(closed.mean() - sampled.mean()) < 5 * (closed - sampled).std() / np.sqrt(len(noise))


def test_more_samples_bring_the_bound_closer_to_the_evidence():
    """Burda et al., theorem 1; with 5,000 samples it is reached to the standard error."""
    rng, x = np.random.default_rng(0), 0.4
    bounds = []
    for samples, draws in ((1, 20_000), (5, 20_000), (50, 4_000), (5_000, 100)):
        model, log_evidence = exact_linear_vae(spread=1.7, num_samples=samples)
        noise = rng.standard_normal((draws, samples, 1)).astype(np.float32)
        terms = model.bound(np.full((draws, 1, 1, 1), x, np.float32), noise, training=False)
        values = terms["importance_bound"].numpy()
        bounds.append(values.mean())
        np.testing.assert_allclose(values, -terms["loss"], atol=1e-5) if samples > 1 else None
    assert bounds == sorted(bounds)
    assert bounds[-1] == pytest.approx(log_evidence(x), abs=5 * values.std() / np.sqrt(100) + 1e-4)


def encoder_gradients(model, x, draws, seed):
    """Gradients of the loss in the encoder's four weights, one per draw: (draws, 4)."""
    rng = np.random.default_rng(seed)
    image = tf.fill((1, 1, 1, 1), tf.constant(x, tf.float32))
    weights = [w.value for w in model.encoder.trainable_weights]

    @tf.function
    def gradient(noise):
        with tf.GradientTape() as tape:
            loss = model.bound(image, noise, training=True)["loss"]
        return tf.concat([tf.reshape(g, [-1]) for g in tape.gradient(loss, weights)], axis=0)

    noise = rng.standard_normal((draws, 1, 1, 1)).astype(np.float32)
    return tf.vectorized_map(gradient, tf.constant(noise)).numpy()


def test_score_function_and_pathwise_gradients_agree_in_expectation():
    """And both with the closed form: for the exact posterior of a linear model the gradient of the bound in the
    encoder is zero; away from it, it is that of `E (x - a z)^2 / 2 s^2 + KL`."""
    a, sigma, x, draws = 0.8, 0.6, 0.4, 40_000
    pathwise, _ = exact_linear_vae(a, sigma, spread=1.3)
    score, _ = exact_linear_vae(a, sigma, spread=1.3, estimator="score_function")
    score.baseline.assign(1.0)
    gradients = [encoder_gradients(model, x, draws, seed) for seed, model in enumerate((pathwise, score))]
    total = a**2 + sigma**2
    mean, variance = a * x / total, 1.69 * sigma**2 / total
    d_mean = -a * (x - a * mean) / sigma**2 + mean
    d_log_variance = 0.5 * (a**2 * variance / sigma**2 + variance - 1)
    expected = np.array([d_mean * x, d_log_variance * x, d_mean, d_log_variance])
    for received in gradients:
        error = received.std(axis=0) / np.sqrt(draws)
        np.testing.assert_array_less(np.abs(received.mean(axis=0) - expected), 5 * error + 1e-5)
    ratio = gradients[1].var(axis=0) / gradients[0].var(axis=0)
    assert (ratio > 1).all(), ratio


def gradients(images, noise, **arguments):
    """Of the loss of a VAE of fixed weights, in the encoder's and the decoder's kernels."""
    model = linear_vae(likelihood="gaussian", sigma=0.5, num_samples=noise.shape[1], **arguments)
    model.encoder.layers[-1].set_weights([np.array([[0.7, 0.2]]), np.array([0.1, -1.0])])
    model.decoder.layers[0].set_weights([np.array([[0.9]]), np.array([0.05])])
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(model.bound(images, noise, training=True)["loss"])
    kernels = [model.encoder.layers[-1].kernel.value, model.decoder.layers[0].kernel.value]
    return float(loss), [part.numpy() for part in tape.gradient(loss, kernels)]


IMAGES = np.array([-0.8, 0.1, 0.6], np.float32).reshape(3, 1, 1, 1)


def test_the_vamp_prior_is_the_mean_of_the_posteriors_of_its_pictures(pictures):
    model = keras_gen.VAE(**SMALL, prior="vamp", pseudo_inputs=4)
    mean, log_variance = (part.numpy() for part in model.posterior_of(model.pseudo.pictures()))
    noise = np.random.default_rng(0).standard_normal((3, 5, 2)).astype(np.float32)
    at, spread = (part.numpy()[:, None] for part in model.posterior_of(pictures[:3]))
    latents = at + np.exp(spread / 2) * noise
    each = scipy.stats.norm.logpdf(latents[..., None, :], mean, np.exp(log_variance / 2)).sum(axis=-1)
    log_prior = scipy.special.logsumexp(each, axis=-1) - np.log(4)
    log_posterior = scipy.stats.norm.logpdf(latents, at, np.exp(spread / 2)).sum(axis=-1)
    terms = model.bound(tf.constant(pictures[:3]), tf.constant(noise), training=False)
    np.testing.assert_allclose(terms["kl"], (log_posterior - log_prior).mean(axis=1), rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(terms["elbo"], terms["sampled_elbo"], rtol=1e-5)
    draws = model.prior_latents(20_000, seed=1)
    variance = np.exp(log_variance).mean(axis=0) + mean.var(axis=0)
    np.testing.assert_allclose(draws.mean(axis=0), mean.mean(axis=0), atol=0.05)
    np.testing.assert_allclose(draws.var(axis=0), variance, rtol=0.05)


def test_one_group_and_no_share_of_the_elbo_are_the_plain_bound():
    noise = tf.random.stateless_normal((3, 6, 1), (1, 2))
    expected = gradients(IMAGES, noise)
    for arguments in ({"importance": "miwae"}, {"importance": "ciwae", "elbo_share": 0.0}, {"importance": "piwae"}):
        loss, received = gradients(IMAGES, noise, **arguments)
        assert loss == pytest.approx(expected[0], rel=1e-5)
        for one, other in zip(received, expected[1], strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-4)


def test_piwae_has_the_encoders_gradient_of_miwae_and_the_decoders_of_iwae():
    noise = tf.random.stateless_normal((3, 6, 1), (1, 2))
    received = gradients(IMAGES, noise, importance="piwae", importance_groups=3)[1]
    encoder = gradients(IMAGES, noise, importance="miwae", importance_groups=3)[1][0]
    decoder = gradients(IMAGES, noise)[1][1]
    np.testing.assert_allclose(received[0], encoder, rtol=1e-4)
    np.testing.assert_allclose(received[1], decoder, rtol=1e-4)
    assert np.abs(encoder - gradients(IMAGES, noise)[1][0]).max() > 1e-3


@pytest.mark.parametrize("importance", [{}, {"importance": "miwae", "importance_groups": 2}, {"importance": "ciwae"}])
def test_doubly_reparameterized_gradients_are_the_pathwise_ones_in_expectation(importance):
    """Of 30,000 draws; the encoder's gradient alone differs, and the decoder's is the same for each draw."""
    images = np.repeat(IMAGES[:1], 30_000, axis=0)
    noise = tf.random.stateless_normal((30_000, 4, 1), (3, 4))
    pathwise, doubly = (
        gradients(images, noise, estimator=estimator, **importance)[1]
        for estimator in ("pathwise", "doubly_reparameterized")
    )
    np.testing.assert_allclose(doubly[1], pathwise[1], rtol=1e-4)
    np.testing.assert_allclose(doubly[0], pathwise[0], atol=0.02)


def test_at_the_exact_posterior_doubly_reparameterized_gradients_have_no_noise():
    """The log-weight is then the evidence, whatever the latent: nothing to learn in any draw (Roeder et al. 2017)."""
    model = linear_vae(likelihood="gaussian", sigma=1.0, estimator="doubly_reparameterized")
    # Prior N(0, 1) and x|z ~ N(z, 1): the posterior is N(x / 2, 1/2).
    model.encoder.layers[-1].set_weights([np.array([[0.5, 0.0]]), np.array([0.0, np.log(0.5)])])
    model.decoder.layers[0].set_weights([np.array([[1.0]]), np.array([0.0])])
    with tf.GradientTape() as tape:
        loss = model.bound(IMAGES, tf.random.stateless_normal((3, 1, 1), (5, 6)), training=True)["loss"]
    np.testing.assert_allclose(tape.gradient(loss, model.encoder.layers[-1].kernel.value), np.zeros((1, 2)), atol=1e-5)


def test_the_simplified_objective_is_the_squared_error_and_the_posteriors_cost():
    model = linear_vae(likelihood="gaussian", sigma=0.3, objective="simplified", beta=0.7)
    rng = np.random.default_rng(0)
    x, noise = (rng.uniform(-1, 1, (6, 1, 1, 1)).astype(np.float32) for _ in range(2))
    mean, log_variance = (part.numpy() for part in model.posterior_of(x))
    z = mean + np.exp(log_variance / 2) * noise[:, 0, :, 0]
    decoded = model.decoder(z).numpy()
    expected = ((x - decoded) ** 2).sum(axis=(1, 2, 3))
    expected += 0.7 * (np.exp(log_variance) + mean**2 - log_variance).sum(axis=1)
    received = model.bound(x, noise[:, :, :, 0], training=False)["loss"]
    np.testing.assert_allclose(received, expected, rtol=1e-4)


def test_the_weight_of_the_kl_term_grows_during_the_warm_up():
    model = keras_gen.VAE(**SMALL, beta=2.0, kl_warmup_steps=4)
    rng = np.random.default_rng(0)
    x, noise = rng.uniform(-1, 1, (3, 8, 8, 1)), rng.standard_normal((3, 1, 2))
    x, noise = x.astype(np.float32), noise.astype(np.float32)
    for weight in (0.0, 0.5, 1.0, 1.5, 2.0, 2.0):
        terms = model.bound(x, noise, training=True)
        np.testing.assert_allclose(terms["loss"], terms["reconstruction"] + weight * terms["kl"], rtol=1e-5)
        evaluated = model.bound(x, noise, training=False)
        np.testing.assert_allclose(evaluated["loss"], evaluated["reconstruction"] + 2.0 * evaluated["kl"], rtol=1e-5)
        model.noise.advance()


def test_dynamic_binarization_draws_black_and_white_with_the_grey_values_probability():
    """A decoder that always says p = 1/2 costs log 2 a pixel whatever is drawn; one that says p = 0.9 costs, for a
    grey value of 0.7, -0.7 log 0.9 - 0.3 log 0.1 in expectation, from binary pictures alone."""
    model = linear_vae(binarize=True)
    model.decoder.set_weights([np.zeros((1, 1)), np.array([np.log(9.0)])])
    model.compile(optimizer="sgd")
    n = 20_000
    grey = np.full((n, 1, 1, 1), 0.4, np.float32)  # 0.7 in [0, 1]
    received = model.evaluate(grey, batch_size=n, verbose=0, return_dict=True)["reconstruction"]
    deviation = np.sqrt(0.7 * 0.3) * np.log(9)
    assert abs(received - (-0.7 * np.log(0.9) - 0.3 * np.log(0.1))) < 5 * deviation / np.sqrt(n)


def test_a_learned_scale_finds_the_spread_of_the_data():
    """Noise of deviation 0.2 that no latent can explain."""
    data = np.random.default_rng(0).normal(0, 0.2, (512, 8, 8, 1)).astype(np.float32)
    model = keras_gen.VAE(**SMALL, likelihood="gaussian", sigma=None)
    model.compile(optimizer=keras.optimizers.Adam(0.02))
    model.fit(data, batch_size=128, epochs=40, verbose=0)
    assert float(np.exp(model.pixels.log_scale.numpy())) == pytest.approx(0.2, rel=0.1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"latent_dim": 0}, "`latent_dim` must be at least 1. Received: 0."),
        ({"likelihood": "gausian"}, "Received: 'gausian'. Did you mean 'gaussian'?"),
        ({"estimator": "reinforce"}, "pathwise, score_function, doubly_reparameterized. Received: 'reinforce'."),
        ({"num_samples": 5, "beta": 2.0}, "must have beta=1"),
        ({"estimator": "doubly_reparameterized", "beta": 2.0}, "must have beta=1"),
        ({"importance": "miwae"}, "the importance miwae must have num_samples above 1. Received: 1."),
        ({"importance": "miwae", "num_samples": 6, "importance_groups": 4}, "must divide `num_samples`"),
        ({"num_samples": 6, "importance_groups": 2}, "and be 1 otherwise"),
        ({"prior": "vamp", "free_nats": 0.5}, "the prior vamp must have free_nats=0"),
        ({"prior": "vamp", "pseudo_inputs": 0}, "`pseudo_inputs` must be at least 1"),
        ({"posterior": "iaff"}, "`posterior` must be one of gaussian, iaf. Received: 'iaff'"),
        ({"posterior": "iaf", "prior": "vamp"}, "the posterior iaf must have the prior standard_normal"),
        ({"posterior": "iaf", "regularizer": "tc"}, "and no regularizer. Received: prior='standard_normal'"),
        ({"flow_steps": 0}, "`flow_steps` must be at least 1. Received: 0."),
        ({"num_samples": 6, "elbo_share": 0.2}, "for ciwae alone"),
        ({"objective": "simplified"}, "must have the gaussian likelihood"),
        ({"sigma": 0.0}, "`sigma` must be positive. Received: 0.0."),
        ({"beta": -1.0}, "`beta` must be at least 0. Received: -1.0."),
        ({"encoder": "convv"}, "Did you mean 'conv'?"),
        ({"encoder": {"name": "conv", "filter": 3}}, "Did you mean 'filters'?"),
        ({"image_shape": (7, 7, 1)}, "Received: 7x7; choose another --image-size"),
    ],
)
def test_impossible_arguments_are_named(arguments, message):
    with pytest.raises(InputError, match=r"Received") as error:
        keras_gen.VAE(**{"image_shape": (8, 8, 1), **arguments})
    assert message in str(error.value)


def test_a_network_of_the_wrong_shape_is_named():
    decoder = keras.Sequential([keras.Input((4,)), keras.layers.Dense(64), keras.layers.Reshape((8, 8, 1))])
    with pytest.raises(InputError, match=r"`decoder` must map \(2,\) to \(8, 8, 1\)"):
        keras_gen.VAE(image_shape=(8, 8, 1), latent_dim=2, decoder=decoder)

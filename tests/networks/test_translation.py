"""The networks of pix2pix and CycleGAN."""

from __future__ import annotations

import keras
import numpy as np
import onnxruntime
import pytest
import tensorflow as tf

from export.border import Bordered
from export.to_onnx import convert
from keras_gen.networks import build_translator, patchgan, resnet, unet
from keras_gen.networks.sizes import even_halvings
from serving import InputError

FAMILIES = {"unet": unet.translator, "resnet": resnet.translator}


def pictures(height, width, channels=3, count=2):
    return np.random.default_rng(0).uniform(-1, 1, (count, height, width, channels)).astype(np.float32)


def count(network):
    return sum(int(np.prod(weight.shape)) for weight in network.trainable_weights)


def of_conv(kernel_size, before, after):
    return kernel_size**2 * before * after + after


def test_cyclegans_network_has_the_weights_of_the_paper():
    """c7s1-64, d128, d256, nine R256, u128, u64, c7s1-3; a gain and a shift with every normalization."""
    widths = [64, 128, 256] + 18 * [256] + [128, 64]
    kernels = [(7, 3, 64), (3, 64, 128), (3, 128, 256)] + 18 * [(3, 256, 256)] + [(3, 256, 128), (3, 128, 64)]
    expected = sum(of_conv(*kernel) for kernel in [*kernels, (7, 64, 3)]) + 2 * sum(widths)
    assert expected - 2 * sum(widths) == 11_378_179  # as reported by the authors' code, whose norms have no weights
    assert count(resnet.translator((256, 256, 3), 3)) == expected
    assert count(resnet.translator((256, 256, 3), 3)) - count(resnet.translator((128, 128, 3), 3)) == 6 * (
        of_conv(3, 256, 256) + 2 * 256
    )


def test_pix2pixs_network_has_the_weights_of_the_paper():
    """C64 to C512 eight times down; up again, where what was there on the way down doubles the channels."""
    widths = [64, 128, 256, 512, 512, 512, 512, 512]
    down = sum(of_conv(4, *pair) for pair in zip([3, *widths], widths, strict=False))
    ups = [(512, 512), (1024, 512), (1024, 512), (1024, 512), (1024, 256), (512, 128), (256, 64), (128, 3)]
    up = sum(of_conv(4, *pair) for pair in ups)
    norms = 2 * (sum(widths[1:-1]) + sum(after for _, after in ups[:-1]))
    assert count(unet.translator((256, 256, 3), 3)) == down + up + norms


def test_the_patch_discriminator_has_the_weights_of_the_paper():
    expected = of_conv(4, 3, 64) + sum(of_conv(4, *pair) for pair in ((64, 128), (128, 256), (256, 512), (512, 1)))
    assert expected == 2_764_737  # as reported by the authors' code
    assert count(patchgan.patch_discriminator((256, 256, 3))) == expected + 2 * (128 + 256 + 512)


@pytest.mark.parametrize("field", [1, 16, 34, 70])
def test_a_logit_sees_its_receptive_field(field):
    network = patchgan.patch_discriminator((144, 144, 1), field, filters=2, normalization="none")
    images = tf.constant(pictures(144, 144, 1, count=1))
    with tf.GradientTape() as tape:
        tape.watch(images)
        logits = network(images)
        middle = logits[0, logits.shape[1] // 2, logits.shape[2] // 2, 0]
    seen = np.abs(tape.gradient(middle, images)[0, :, :, 0]) > 0
    rows, columns = (np.flatnonzero(seen.any(axis=axis)) for axis in (1, 0))
    assert rows[-1] - rows[0] + 1 == field
    assert columns[-1] - columns[0] + 1 == field


@pytest.mark.parametrize(("size", "side"), [(16, 8), (32, 8), (64, 8), (128, 8), (256, 8)])
def test_the_whole_picture_is_the_smallest_field_that_covers_it(size, side):
    fields = {16: 16, 32: 34, 64: 70, 128: 142, 256: 286}
    whole = patchgan.patch_discriminator((size, size, 1), "image", filters=1)
    assert whole.output_shape == (None, side, side, 1)
    assert whole.output_shape == patchgan.patch_discriminator((size, size, 1), fields[size], filters=1).output_shape


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("normalization", ["instance", "batch", "none"])
def test_a_translator_takes_any_size_and_stays_in_range(family, normalization):
    network = build_translator({"name": family, "filters": 4, "normalization": normalization}, (16, 16, 3), 1)
    for height, width in ((16, 16), (32, 16), (48, 80)):
        given = network(100 * pictures(height, width), training=True)
        assert given.shape == (2, height, width, 1)
        assert np.abs(given).max() <= 1


@pytest.mark.parametrize("family", FAMILIES)
def test_an_exported_translator_takes_any_size(family):
    network = FAMILIES[family]((16, 16, 3), 3, filters=4)
    image = keras.Input((None, None, 3), name="image")
    bordered = Bordered(keras.Model({"image": image}, {"translation": network(image)}), "float")
    model = convert(bordered)
    assert not {"RandomUniform", "RandomUniformLike", "Loop", "If"} & {node.op_type for node in model.graph.node}
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    for height, width in ((16, 16), (32, 48)):
        images = pictures(height, width)
        np.testing.assert_allclose(session.run(["translation"], {"image": images})[0], network(images), atol=1e-5)


def test_a_network_of_ones_own_may_have_one_size_alone():
    image = keras.Input((8, 6, 3))
    own = keras.Model(image, keras.layers.Conv2D(1, 3, padding="same")(image))
    assert build_translator(own, (8, 6, 3), 1) is own
    for shape, channels in (((8, 8, 3), 1), ((8, 6, 3), 3), ((8, 6, 1), 1)):
        with pytest.raises(InputError, match=r"`translator` must map .* Received: a network from \(8, 6, 3\)"):
            build_translator(own, shape, channels)


def test_a_family_without_translators_is_named():
    with pytest.raises(
        InputError, match="`translator` must be one of colour, resnet, subpixel, unet. Received: 'unit'. Did you mean"
    ):
        build_translator("unit", (16, 16, 3), 3)


def test_dropout_is_noise_in_training_alone():
    network = unet.translator((16, 16, 1), 1, filters=4)
    images = pictures(16, 16, 1)
    assert not np.array_equal(network(images, training=True), network(images, training=True))
    np.testing.assert_array_equal(network(images), network(images))
    still = unet.translator((16, 16, 1), 1, filters=4, dropout=0)
    np.testing.assert_array_equal(still(images, training=True), still(images, training=True))


@pytest.mark.parametrize(("side", "halvings"), [(256, 8), (1024, 8), (96, 5), (28, 2), (6, 1)])
def test_the_unets_depth_follows_the_size(side, halvings):
    network = unet.translator((side, side, 1), 1, filters=1)
    strided = [layer for layer in network.layers if type(layer) is keras.layers.Conv2D]
    assert len(strided) == halvings


@pytest.mark.parametrize(("shape", "halvings"), [((96, 64, 3), 5), ((7, 8, 1), 0), ((12, 20, 1), 2), ((1, 1, 1), 0)])
def test_even_halvings(shape, halvings):
    assert even_halvings(shape) == halvings


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: resnet.translator((18, 16, 3), 3), "multiples of 4. Received: 18x16"),
        (lambda: resnet.translator((16, 16, 3), 3, blocks=0), "`blocks` must be at least 1"),
        (lambda: unet.translator((15, 16, 3), 3), "multiples of 2. Received: 15x16"),
        (lambda: unet.translator((16, 24, 3), 3, depth=4), "multiples of 16. Received: 16x24"),
        (lambda: unet.translator((16, 16, 3), 3, normalization="layer"), "batch, instance, none. Received: 'layer'"),
        (lambda: patchgan.patch_discriminator((64, 64, 3), 71), "`receptive_field` must be one of 1, 16, 34, 70"),
        (lambda: patchgan.patch_discriminator((8, 4, 3), 70), "at least 8 pixels a side. Received: 8x4"),
    ],
)
def test_mistakes_are_named(make, message):
    with pytest.raises(InputError, match=message):
        make()

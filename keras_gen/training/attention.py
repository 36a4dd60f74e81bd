"""The mask by which a translator leaves alone what need not change."""

from __future__ import annotations

import keras
import tensorflow as tf

from keras_gen.layers import Attended
from keras_gen.networks import NetworkSpec, build_translator
from keras_gen.training.game import Terms
from serving.common.errors import require_at_least

AREA = "mask_area"


class Attention:
    """A translator's second output, a mask in [0, 1]: outside of it a picture stays what it was.

    The mask is the last channel behind those of the translation, which is mixed with the picture already. The
    discriminators judge whole translations, and the loss has the mask's area besides, without which nothing keeps it
    from being 1 everywhere.

    Args:
        wanted: whether there is a mask; False adds nothing to a translator.
        weight: of the mask's mean in the loss of the generator.

    Raises:
        InputError: a negative weight.

    Source: Mejjati et al. 2018, "Unsupervised Attention-guided Image-to-Image Translation", equation 1 and the first of
    its two stages of training; Pumarola et al. 2018, "GANimation: Anatomically-aware Facial Animation from a Single
    Image", section 4.2, attention loss. Here the mask and the translation come of one network as in GANimation, and
    what is small is the mean of a mask, since the gradient of the square of it vanishes before the mask does.
    """

    def __init__(self, wanted: bool, weight: float) -> None:
        require_at_least(0, attention_weight=weight)
        self.wanted = wanted
        self.weight = weight
        self.reports = [AREA] if wanted else []

    def translator(self, spec: NetworkSpec, image_shape: tuple[int, ...], channels: int) -> keras.Model:
        """A network as `build_translator` makes it, with the mask behind its pictures.

        Args:
            spec: of the role `translator`. A `keras.Model` gives the mask itself, and pictures that are mixed already.
            image_shape: (height, width, channels) of what it is given.
            channels: of the pictures that it gives.

        Raises:
            InputError: as `build_translator`.
        """
        network = build_translator(spec, image_shape, channels + self.wanted)
        if not self.wanted or isinstance(spec, keras.Model):
            return network
        return keras.Model(network.inputs, Attended(name="attended")(network.inputs[0], network.outputs[0]))

    def parts(self, network: keras.Model) -> list[keras.KerasTensor]:
        """What a translator gives: pictures, and with a mask that one behind them, (batch, height, width, 1)."""
        made = network.outputs[0]
        return [made[..., :-1], made[..., -1:]] if self.wanted else [made]

    def pictures(self, network: keras.Model) -> keras.Model:
        """The part of a translator that gives pictures alone."""
        return keras.Model(network.inputs, self.parts(network)[0]) if self.wanted else network

    def terms(self, loss: tf.Tensor, masks: list[tf.Tensor]) -> Terms:
        """A generator's `loss`, (batch,), with what masks add to it, and the means of the masks, added up, as it is
        reported; without masks the loss alone.

        Args:
            loss: without them.
            masks: each (batch, height, width, 1).
        """
        if not self.wanted:
            return {"loss": loss}
        area = tf.add_n([tf.reduce_mean(tf.cast(mask, tf.float32), axis=(1, 2, 3)) for mask in masks])
        return {"loss": loss + self.weight * area, AREA: area}

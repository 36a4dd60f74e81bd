"""Latents of given pictures, for models with an encoder and for those without.

    found = keras_gen.inversion.invert(model, images)
    found.latents, found.pictures

`decoder_of_bundle` takes what `serving.load` gives; `open_decoder` a run, a `.keras` file or a bundle.
"""

from keras_gen.inversion.decoder import LatentDecoder, decoder_of, decoder_of_bundle, open_decoder
from keras_gen.inversion.invert import Inversion, invert

__all__ = ["Inversion", "LatentDecoder", "decoder_of", "decoder_of_bundle", "invert", "open_decoder"]

"""Networks: functions that return a `keras.Model`. They know no loss.

A file is a family, and its functions are the roles that it can play:

    encoder(image_shape, outputs)              pictures in [-1, 1]  ->  (batch, outputs)
    decoder(latent_dim, image_shape)           latents  ->  parameters of a likelihood, any real value
    map_encoder(image_shape, channels)         pictures in [-1, 1]  ->  (batch, rows, columns, channels)
    map_decoder(map_shape, image_shape)        vectors of a map  ->  pictures, any real value
    code_predictor(places, codes, classes)     codes of a map, masked ones among them  ->  logits of the codes
    generator(latent_dim, image_shape)         latents  ->  pictures in [-1, 1]
    discriminator(image_shape)                 pictures in [-1, 1]  ->  logits, (batch, 1)
    conditional_generator(latent_dim, classes, image_shape)      latents, labels  ->  pictures in [-1, 1]
    conditional_discriminator(image_shape, classes)              pictures, labels  ->  logits, (batch, 1)
    joint_discriminator(image_shape, latent_dim)                 pictures, latents  ->  logits, (batch, 1)
    patch_discriminator(image_shape)           pictures in [-1, 1]  ->  logits, (batch, rows, columns, 1)
    translator(image_shape, channels)          pictures in [-1, 1] of any size  ->  pictures in [-1, 1]
    code_discriminator(size)                   codes  ->  logits, (batch, 1)
    feature_extractor(image_shape)             pictures in [-1, 1]  ->  features, (batch, any length)
    label_predictor(size, classes)             features  ->  logits of the classes, (batch, classes)
    domain_classifier(size)                    features  ->  logits, (batch, 1)

A family is chosen by its name (`"mlp"`), by name and options (`{"name": "mlp", "units": [200, 200]}`), or by
handing in a `keras.Model` of the right shape. A function of one's own is registered in `NETWORKS` and chosen in
the same way; commands and recipes do that with the name `my_module:my_network`.
"""

from keras_gen.networks.build import NETWORKS, NetworkSpec, build_coder, build_network, build_translator, with_hidden

__all__ = ["NETWORKS", "NetworkSpec", "build_coder", "build_network", "build_translator", "with_hidden"]

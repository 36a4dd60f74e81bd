"""Pictures of two domains, A and B: `pairs:PATH`, `unpaired:PATH`, `tfds:cycle_gan/NAME`; made of one source,
`edges:SOURCE` and `textured:SOURCE`; `prepared:FOLDER`.

    both = keras_gen.data.open_domains("pairs:facades", image_size=286)
    model.fit(both.endless(batch_size=1, crop=256, mirror=True), steps_per_epoch=both.steps(1), epochs=200)

Each kind is a file with a function `read(location, split, shape) -> Both`, and `streams` of the same arguments, which
`keras-gen prepare` writes.
"""

from keras_gen.data.translation.domains import DOMAIN_NAMES, Domains, check_load_size, open_domains

__all__ = ["DOMAIN_NAMES", "Domains", "check_load_size", "open_domains"]

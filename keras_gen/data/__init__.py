"""Data by name: `digits`, `tfds:NAME[/CONFIG]`, `folder:PATH`, `npz:PATH`, `idx:PATH`, `usps:PATH`, `stacked:SOURCE`,
`prepared:FOLDER`.

    source = keras_gen.data.open_source("digits", image_size=32)
    model.fit(source.dataset(batch_size=64, seed=1), epochs=10)

    pairs = keras_gen.data.endless_pairs(source, target, batch_size=64)  # for models that adapt from one to the other

Each kind of source is a file with a function `read(location, split, shape) -> Examples`; those that need not fit in
memory have `stream` of the same arguments, too, which `keras-gen prepare` writes.
"""

from keras_gen.data.domains import check_same_shape, endless_pairs
from keras_gen.data.examples import Examples, Shape
from keras_gen.data.shares import Share
from keras_gen.data.source import SOURCE_NAMES, Source, open_source, open_stream
from keras_gen.data.translation import DOMAIN_NAMES, Domains, open_domains

__all__ = [
    "DOMAIN_NAMES",
    "SOURCE_NAMES",
    "Domains",
    "Examples",
    "Shape",
    "Share",
    "Source",
    "check_same_shape",
    "endless_pairs",
    "open_domains",
    "open_source",
    "open_stream",
]

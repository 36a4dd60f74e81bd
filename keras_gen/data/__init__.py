"""Data by name: `digits`, `folder:PATH` and the other kinds in `keras_gen/data/sources`, or a function of a user's own.

source = keras_gen.data.open_source("digits", image_size=32)
model.fit(source.dataset(batch_size=64, seed=1), epochs=10)

pairs = keras_gen.data.endless_pairs(source, target, batch_size=64)  # for models that adapt from one to the other
"""

from keras_gen.data.domains import check_same_shape, endless_pairs
from keras_gen.data.examples import Examples, Shape
from keras_gen.data.kinds import DATA_HELP, DOMAIN_NAMES, SOURCE_NAMES, import_data
from keras_gen.data.opening import CHANNELS_HELP, FRAMES_HELP, VALUE_RANGE_HELP, open_source, open_stream
from keras_gen.data.shares import Share
from keras_gen.data.source import Source
from keras_gen.data.translation import Domains, is_of_one_domain, open_domains

__all__ = [
    "CHANNELS_HELP",
    "DATA_HELP",
    "DOMAIN_NAMES",
    "FRAMES_HELP",
    "SOURCE_NAMES",
    "VALUE_RANGE_HELP",
    "Domains",
    "Examples",
    "Shape",
    "Share",
    "Source",
    "check_same_shape",
    "endless_pairs",
    "import_data",
    "is_of_one_domain",
    "open_domains",
    "open_source",
    "open_stream",
]

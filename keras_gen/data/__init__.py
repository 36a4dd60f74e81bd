"""Data by name: `digits`, `tfds:NAME[/CONFIG]`, `folder:PATH`, `npz:PATH`, `idx:PATH`, `stacked:SOURCE`.

    source = keras_gen.data.open_source("digits", image_size=32)
    model.fit(source.dataset(batch_size=64, seed=1), epochs=10)

Each kind of source is a file with one function, `read(location, split, shape) -> Examples`.
"""

from keras_gen.data.examples import Examples, Shape
from keras_gen.data.source import Source, open_source

__all__ = ["Examples", "Shape", "Source", "open_source"]

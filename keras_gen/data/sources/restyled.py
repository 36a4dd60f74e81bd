"""`restyled:SOURCE`: the pictures of `styles:SOURCE` with the labels of the source, by which a model that changes the
style is asked whether it keeps what a picture shows."""

from __future__ import annotations

from keras_gen.data.examples import Examples, Shape, joined, splits_of
from keras_gen.data.forms import Form, Inner
from keras_gen.data.sources.styles import styled

SOURCE = Form(
    ("restyled:SOURCE",), "the pictures of `styles:SOURCE`, of the classes that the source has itself", wraps=True
)


def read(inner: Inner, split: str, shape: Shape) -> Examples:
    """As `styles:SOURCE`, with the source's labels and classes."""
    name = f"restyled:{inner.name}"
    return joined(name, [styled(name, inner, part, shape) for part in splits_of(split)])

"""`smaller4:SOURCE`: as `smaller:SOURCE`, with a quarter of the sides."""

from __future__ import annotations

from keras_gen.data.examples import DomainExamples, Shape
from keras_gen.data.forms import Form, Inner
from keras_gen.data.sources import smaller
from keras_gen.data.streams import Stream

DOMAINS = Form(
    ("smaller4:SOURCE",),
    "the same made smaller by 4, each pixel shown as 4x4",
    wraps=True,
)
FACTOR = 4


def read_domains(inner: Inner, split: str, shape: Shape) -> DomainExamples:
    """Pictures made smaller, and those that they are of; both have the source's labels and channels."""
    return smaller.read_domains(inner, split, shape, FACTOR)


def stream_domains(inner: Inner, split: str, shape: Shape) -> tuple[Stream]:
    """The pairs of `read_domains`, made as they are asked for."""
    return smaller.stream_domains(inner, split, shape, FACTOR, "smaller4")

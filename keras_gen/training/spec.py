"""What a model is, in one statement: the command line, metrics, export and tests ask it and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from serving.common.errors import InputError


@dataclass(frozen=True)
class ModelSpec:
    """What a model is.

    A class has one as `spec`, which says what is known before a model is made: the command line opens the data by it.
    Where arguments decide more, the constructor sets `self.spec = dataclasses.replace(self.spec, ...)`.

    Attributes:
        prior: name of the distribution that latents are drawn from, as in `standard_normal`; the model then has
            `sample`, and where it is another distribution `prior_network` says how to draw. None for a model that
            draws no samples.
        labelled: whether `fit` takes (pictures, labels); the networks are told the class as the input `label`, or
            predict it.
        classes: names of these classes, in the order of their labels.
        adapts: whether the model adapts from a labelled domain to an unlabelled one: `fit` then takes ((source
            pictures, target pictures), source labels), as many of both, and evaluation (pictures, labels) of either.
        partly_labelled: whether what it adapts to are all pictures, of which the source is the labelled share, and not
            another domain: an epoch is then a pass over the target.
        translates: whether `fit` takes (pictures of A, pictures of B): `pairs` that belong together, `unpaired` ones,
            or None for neither.
        likelihood: name of `p(x|z)` where the model can say how probable a picture is; it then has `log_weights`.
        binarizes: whether pictures are drawn black and white, by their grey values, in every step.
        weights: which weights are sampled and exported: `raw`, those that are trained, or `ema`, a moving average.
        normalization: which statistics batch normalization has then: `moving_statistics`, or `standing_statistics`.
        largest_batch: pictures of a domain that a step can take at most; None for any number.
        couples_examples: whether the loss compares the examples of a batch with each other, so that it cannot be
            computed on one micro-batch after the other.
        least_pictures: pictures that the data must have at least; fewer cannot fill a codebook.
        stands_on: name of the constructor's argument that takes another trained model, which `--from` opens.
        clusters: which numbers of a code are probabilities of clusters that were found without labels.
        styled: whether the generator takes a latent alone, with any class's code behind it: it can then be of styles,
            whose latent `use_space` chooses, and have penalties of its own.
        discriminator_steps: moves of the discriminator in a step, which share out the pictures of its batch.

    Raises:
        InputError: statements that exclude each other.
    """

    prior: str | None = None
    labelled: bool = False
    classes: tuple[str, ...] = ()
    adapts: bool = False
    partly_labelled: bool = False
    translates: Literal["pairs", "unpaired"] | None = None
    likelihood: str | None = None
    binarizes: bool = False
    weights: Literal["raw", "ema"] = "raw"
    normalization: Literal["moving_statistics", "standing_statistics"] = "moving_statistics"
    largest_batch: int | None = None
    couples_examples: bool = False
    least_pictures: int = 1
    stands_on: str | None = None
    clusters: range = range(0)
    styled: bool = False
    discriminator_steps: int = 1

    def __post_init__(self) -> None:
        if self.adapts and not self.labelled:
            raise InputError("a model that `adapts` must be `labelled`. Received: labelled=False.")
        if self.partly_labelled and not self.adapts:
            raise InputError("a model that is `partly_labelled` must be one that `adapts`. Received: adapts=False.")
        if self.classes and not self.labelled:
            raise InputError(f"a model with `classes` must be `labelled`. Received: {len(self.classes)} classes.")
        if self.translates and (self.labelled or self.prior):
            raise InputError(
                "a model that `translates` must have neither labels nor a prior. "
                f"Received: labelled={self.labelled}, prior={self.prior!r}."
            )

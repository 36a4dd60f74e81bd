"""What the inputs and outputs of a bundle's networks are called, and the networks that others look for by name."""

from collections.abc import Container

IMAGE, TRANSLATION = "image", "translation"
PICTURES = (IMAGE, TRANSLATION)
SEED, N, START = "seed", "n", "start"
LATENT, LABEL, TRUNCATION = "latent", "label", "truncation"
CODE, MEAN, PROBABILITIES = "code", "mean", "probabilities"
LOG_VARIANCE = "log_variance"
# Where a translation may differ from its image.
MASK = "mask"
STATISTICS = "statistics"
USE_OWN_STATISTICS, MEASURED_STATISTICS = "use_own_statistics", "measured_statistics"

NOISE, DECODER, SAMPLER = "noise", "decoder", "sampler"
ENCODER, CLASSIFIER = "encoder", "classifier"
# Translates a picture to the class that a label names.
TO_CLASS = "to_class"

# What tile networks called them in bundles up to format 2.
_OLDER = {USE_OWN_STATISTICS: "own", MEASURED_STATISTICS: "measured"}


def makes_pictures(outputs: Container[str]) -> bool:
    """Whether a network with outputs of these names makes pictures."""
    return any(name in outputs for name in PICTURES)


def name_in(tensors: Container[str], name: str) -> str:
    """What some tensors call one of a name: in bundles of an older format it may have had another."""
    older = _OLDER.get(name, name)
    return older if older in tensors and name not in tensors else name

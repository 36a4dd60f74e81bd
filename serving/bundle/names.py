"""What the inputs and outputs of a bundle's networks are called, and the networks that others look for by name."""

IMAGE, TRANSLATION = "image", "translation"
PICTURES = (IMAGE, TRANSLATION)
SEED, N, START = "seed", "n", "start"
LATENT, LABEL, TRUNCATION = "latent", "label", "truncation"
CODE, MEAN, PROBABILITIES = "code", "mean", "probabilities"
STATISTICS, OWN, MEASURED = "statistics", "own", "measured"

NOISE, DECODER, SAMPLER = "noise", "decoder", "sampler"
ENCODER, CLASSIFIER = "encoder", "classifier"

"""Networks of several domains that have layers in common."""

from __future__ import annotations

import keras

from keras_gen.layers import ByLabel
from serving.common.errors import InputError, require_at_least


def with_own_ends(network: keras.Model, domains: int, own_layers: int) -> keras.Model:
    """A generator whose last layers each domain has for itself: input, `label` -> what the domain's end makes.

    Args:
        network: of one domain; the first one takes its weights.
        domains: how many, at least 2.
        own_layers: how many layers with a kernel, the last ones, are a domain's own, with all that follows on them.

    Raises:
        InputError: as many own layers as there are, or a cut through more than one path.
    """
    before, after = _cut(network, -own_layers, own_layers)
    given = keras.Input(network.input_shape[1:], name="given")
    label = keras.Input((), dtype="int64", name="label")
    features = before(given)
    made = [end(features) for end in _one_each(after, domains)]
    return keras.Model([given, label], ByLabel()(label, made), name=network.name)


def with_own_beginnings(network: keras.Model, domains: int, own_layers: int) -> keras.Model:
    """A discriminator whose first layers each domain has for itself; arguments and errors as for `with_own_ends`."""
    before, after = _cut(network, own_layers, own_layers)
    given = keras.Input(network.input_shape[1:], name="given")
    label = keras.Input((), dtype="int64", name="label")
    seen = [beginning(given) for beginning in _one_each(before, domains)]
    return keras.Model([given, label], after(ByLabel()(label, seen)), name=network.name)


def _cut(network: keras.Model, place: int, own_layers: int) -> tuple[keras.Model, keras.Model]:
    """The network before a layer with a kernel, and from it on."""
    require_at_least(1, own_layers=own_layers)
    weighty = _with_kernel(network)
    if own_layers >= len(weighty):
        raise InputError(
            f"`own_layers` must leave one of the {len(weighty)} layers of {network.name!r} to all domains. "
            f"Received: {own_layers}."
        )
    parts = _parts(network, weighty[place].input)
    if [_with_kernel(part) for part in parts] != [weighty[:place], weighty[place:]]:
        raise InputError(
            f"`own_layers` must cut {network.name!r} where all of it goes through one layer. Received: {own_layers}, "
            f"at {weighty[place].name!r}, which has another path beside it."
        )
    return parts[0], parts[1]


def _with_kernel(network: keras.Model) -> list[keras.layers.Layer]:
    return [layer for layer in network.layers if any(w.path.endswith("kernel") for w in layer.trainable_weights)]


def _parts(network: keras.Model, between: keras.KerasTensor) -> list[keras.Model]:
    """What is before and after a tensor of the network; nothing where the tensor alone does not lead to its end."""
    try:
        return [
            keras.Model(network.inputs[0], between, name=f"{network.name}_before"),
            keras.Model(between, network.outputs[0], name=f"{network.name}_after"),
        ]
    except ValueError:  # "Graph disconnected"
        return []


def _one_each(part: keras.Model, domains: int) -> list[keras.Model]:
    """The part, and as many copies with weights of their own as the other domains need."""
    copies = [keras.models.clone_model(part) for _ in range(domains)]
    copies[0].set_weights(part.get_weights())
    for domain, copy in enumerate(copies):
        copy.name = f"{part.name}_{domain}"
    return copies

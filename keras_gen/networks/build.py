"""From a name, a name with options, or a network, to a network of the shape that a model needs."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, TypeAlias

import keras

import keras_gen.networks
from keras_gen.networks.known import known
from keras_gen.registry import Registry, is_own, modules_of, register_first
from serving.common.errors import InputError, nearest, require_at_least

Builder: TypeAlias = Callable[..., keras.Model]


def _named(spec: Any) -> Iterable[str]:
    name = spec.get("name") if isinstance(spec, Mapping) else spec
    return [name] if isinstance(name, str) else []


# A user's own functions, for any role, beside the families of the package. They are called as a family's function of
# the role is, with what the model fixes and with the options of the dictionary.
NETWORKS: Registry[Builder] = Registry("network", kind=Callable, names=_named)
NetworkSpec: TypeAlias = Annotated[str | dict[str, Any] | keras.Model, NETWORKS]
Shape: TypeAlias = tuple[int, ...]


def build_network(
    role: str,
    spec: NetworkSpec,
    input_shape: Shape | list[Shape],
    output_shape: tuple[int | None, ...],
    facts: Any = None,
    **shape: Any,
) -> keras.Model:
    """The network that plays `role`.

    Args:
        role: one of those that `keras_gen.networks` lists.
        spec: the name of a family or of a function in `NETWORKS`, a dictionary of `name` and its options, or a network.
        input_shape: what the network must take, batch axis left out; a list for a network of several inputs.
        output_shape: what it must give, batch axis left out; None where any size will do.
        facts: what the model fixes as well, a dictionary, passed to functions that take it.
        **shape: what the model fixes, passed to the family's function.

    Raises:
        InputError: no such family, no such option, or a network of another shape.
    """
    network = _given_or_from_family(role, spec, input_shape, shape, facts or {})
    received = (_without_batch(network.input_shape), _without_batch(network.output_shape))
    if received[0] != input_shape or not _fits(received[1], output_shape):
        raise InputError(
            f"`{role}` must map {input_shape} to {output_shape}. Received: a network from "
            f"{received[0]} to {received[1]}."
        )
    return network


def build_translator(spec: NetworkSpec, image_shape: Shape, channels: int) -> keras.Model:
    """A network from pictures to pictures of the same size: of `image_shape` alone, or of any size.

    Args:
        spec: as in `build_network`, of the role `translator`.
        image_shape: (height, width, channels) of the pictures that it takes in training.
        channels: of the pictures that it gives.

    Raises:
        InputError: as `build_network`.
    """
    network = _given_or_from_family("translator", spec, image_shape, {"image_shape": image_shape, "channels": channels})
    received = (_without_batch(network.input_shape), _without_batch(network.output_shape))
    sides = [(None, None), image_shape[:2]]
    if received not in [((*side, image_shape[2]), (*side, channels)) for side in sides]:
        raise InputError(
            f"`translator` must map {image_shape} to {(*image_shape[:2], channels)}. Received: a network from "
            f"{received[0]} to {received[1]}."
        )
    return network


def build_coder(
    encoder: NetworkSpec,
    decoder: NetworkSpec,
    image_shape: tuple[int, ...],
    latent_dim: int,
    outputs: int | None = None,
) -> tuple[keras.Model, keras.Model]:
    """An encoder from pictures to `outputs` numbers, and a decoder from codes to pictures.

    Args:
        encoder: as `spec` of `build_network`.
        decoder: as `spec` of `build_network`.
        image_shape: (height, width, channels).
        latent_dim: length of a code, at least 1.
        outputs: what the encoder gives; the code itself by default.

    Raises:
        InputError: as `build_network`, and a code without length.
    """
    require_at_least(1, latent_dim=latent_dim)
    outputs = outputs or latent_dim
    shape = {"image_shape": image_shape}
    return (
        build_network("encoder", encoder, image_shape, (outputs,), outputs=outputs, **shape),
        build_network("decoder", decoder, (latent_dim,), image_shape, latent_dim=latent_dim, **shape),
    )


def with_hidden(network: keras.Model, layer: str | None = None) -> keras.Model:
    """The same network, with the output of a hidden layer before its own.

    Args:
        network: its weights are shared.
        layer: the layer's name; by default the one before the last.

    Raises:
        InputError: no such layer, or no layer before the last one, as in a model that was written as a class.
    """
    names = [inner.name for inner in network.layers]
    if layer is not None and layer not in names:
        raise InputError(f"the layer must be one of {', '.join(names)}. Received: {layer!r}.{nearest(layer, names)}")
    hidden = network.layers[-1].input if layer is None else network.get_layer(layer).output
    if hidden is network.inputs[0]:
        raise InputError(
            "a discriminator whose features are used must be of layers that Keras knows, the last of which gives the "
            f"logit: a Sequential or functional model. Received: {', '.join(names)}."
        )
    return keras.Model(network.inputs[0], [hidden, network.outputs[0]])


def _given_or_from_family(
    role: str,
    spec: NetworkSpec,
    input_shape: Shape | list[Shape],
    shape: Mapping[str, Any],
    facts: Mapping[str, Any] | None = None,
) -> keras.Model:
    if isinstance(spec, keras.Model):
        return known(role, spec, input_shape)
    return _from_family(role, {"name": spec} if isinstance(spec, str) else dict(spec), shape, facts or {})


def _without_batch(shape: Any) -> Any:
    return [tuple(part[1:]) for part in shape] if isinstance(shape, list) else tuple(shape[1:])


def _fits(received: Any, wanted: tuple[int | None, ...]) -> bool:
    """Whether a shape is as wanted, whatever it has where None is wanted."""
    return len(received) == len(wanted) and all(
        size is not None and expected in (None, size) for size, expected in zip(received, wanted, strict=True)
    )


def _from_family(role: str, options: dict[str, Any], shape: Mapping[str, Any], facts: Mapping[str, Any]) -> keras.Model:
    name = options.pop("name", None)
    build = _builder(role, name)
    parameters = inspect.signature(build).parameters
    shape = {**shape, **{key: value for key, value in facts.items() if key in parameters}}
    if not any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
        if missing := [key for key in shape if key not in parameters]:
            raise InputError(
                f"`{role}` {name!r} must take {', '.join(shape)}. Received: a function without {missing[0]}."
            )
        allowed = [key for key in parameters if key not in shape]
        if unknown := sorted(set(options) - set(allowed)):
            raise InputError(
                f"`{role}` {name!r} must have options among {', '.join(allowed)}. "
                f"Received: {unknown[0]!r}.{nearest(unknown[0], allowed)}"
            )
    # Keras's own checks of what an option may be; a user's function may raise anything.
    expected = Exception if name in NETWORKS else (TypeError, ValueError)
    try:
        network = build(**shape, **options)
    except InputError:
        raise
    except expected as error:
        reason = " ".join(str(error).split())
        raise InputError(f"`{role}` {name!r} must be buildable. Received: {options}: {reason}") from error
    if not isinstance(network, keras.Model) or not network.built or not hasattr(network, "inputs"):
        received = f"a {type(network).__name__}" + " that is not built" * isinstance(network, keras.Model)
        raise InputError(f"`{role}` {name!r} must return a keras.Model of known shapes. Received: {received}.")
    return network


def _builder(role: str, name: Any) -> Builder:
    families = _families(role)
    if name in families:
        return families[name]
    if name in NETWORKS:
        return NETWORKS[name]
    choices = [*families, *NETWORKS]
    hint = register_first(name) if isinstance(name, str) and is_own(name) else nearest(str(name), choices)
    raise InputError(f"`{role}` must be one of {', '.join(choices)}. Received: {name!r}.{hint}")


def _families(role: str) -> dict[str, Builder]:
    """Every family with a function named after the role."""
    modules = modules_of(keras_gen.networks)
    return {module.__name__.rpartition(".")[2]: vars(module)[role] for module in modules if role in vars(module)}

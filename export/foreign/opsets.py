"""ONNX files of other versions of the operators.

ONNX's own converter takes old files to newer versions. It has few ways back: what is newer than wanted is of the same
meaning there, made of older operators (`Gelu`), or refused.
"""

from __future__ import annotations

import numpy as np
import onnx
from onnx import defs, helper, inliner, numpy_helper, version_converter

from serving.bundle.operators import DOMAINS
from serving.common.errors import InputError

OLDEST, NEWEST = 7, 24
# The versions that know GroupNormalization, whose scale and bias have a number for each group, and those from which on
# it has one for each channel; ONNX's own checker and shape inference take the former no more.
SCALED_BY_GROUP, SCALED_BY_CHANNEL = 18, 21
PICTURES = 4
LAST_RESIZING_BY_CORNERS = 10
# IR version that the files of a version of the operators have at least.
IR_VERSION = {18: 8}
# Values of attributes that newer operators know by another name.
RENAMED = {"GridSample": {"mode": {b"linear": b"bilinear", b"cubic": b"bicubic"}}}
# Values that older operators do not know.
UNKNOWN = {
    "Pad": {"mode": (b"wrap",)},
    "Resize": {"coordinate_transformation_mode": (b"half_pixel_symmetric",)},
}


def brought_to_opset(model: onnx.ModelProto, opset: int, what: str) -> onnx.ModelProto:
    """The same network in another version of ONNX's operators.

    Args:
        model: of versions 7 to 24, without functions of its own and without other domains.
        opset: the version that is wanted.
        what: the file, for messages.

    Raises:
        InputError: another version, or an operator that the wanted one does not have.
    """
    version = max((each.version for each in model.opset_import if each.domain in DOMAINS), default=0)
    if not OLDEST <= version <= NEWEST:
        raise InputError(
            f"{what} must be of ONNX opset {OLDEST} to {NEWEST}. Received: opset {version}; "
            f"write it with `opset_version={opset}`."
        )
    for node in model.graph.node:
        node.domain = ""  # by the other name of ONNX's own
    del model.opset_import[:]
    model.opset_import.extend([helper.make_opsetid("", version)])
    if version >= SCALED_BY_GROUP:
        regroup(model)
    if version < opset:
        return _raised(model, version, opset, what)
    if version > opset:
        model = _lowered(model, version, opset, what)
    return _stamped(model, opset)


def _raised(model: onnx.ModelProto, version: int, opset: int, what: str) -> onnx.ModelProto:
    # Files of IR version 3 list weights among inputs, and the converter adds none to them.
    model.ir_version = max(model.ir_version, IR_VERSION[opset])
    try:
        converted = version_converter.convert_version(model, opset)
        if version <= LAST_RESIZING_BY_CORNERS:
            _resize_by_corners(converted)
        return _stamped(converted, opset)
    except (RuntimeError, ValueError, IndexError) as error:
        reason = " ".join(str(error).split())[-200:]
        raise InputError(
            f"{what} must be a file that can be brought to ONNX opset {opset}. Received: {reason}; "
            f"write it with `opset_version={opset}`."
        ) from None


def _resize_by_corners(model: onnx.ModelProto) -> None:
    """Up to opset 10 a pixel was where its corner is, which the converter does not write down."""
    constants = {tensor.name: tensor for tensor in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type != "Resize":
            continue
        kept = [each for each in node.attribute if each.name == "mode"]
        scales = constants.get(node.input[2]) if len(node.input) > 2 else None
        smaller = scales is not None and bool(np.any(numpy_helper.to_array(scales) < 1))
        del node.attribute[:]
        node.attribute.extend(
            [
                *kept,
                helper.make_attribute("coordinate_transformation_mode", "asymmetric"),
                helper.make_attribute("nearest_mode", "ceil" if smaller else "floor"),
            ]
        )


def _lowered(model: onnx.ModelProto, version: int, opset: int, what: str) -> onnx.ModelProto:
    newer = {node.op_type for node in model.graph.node if not defs.has(node.op_type, opset, "")}
    composed = [("", name) for name in sorted(newer) if _is_composed(name, version)]
    if composed:
        model = inliner.inline_selected_functions(model, composed, inline_schema_functions=True)
    for node in model.graph.node:
        _lower(node, version, opset, what)
    return model


def regroup(model: onnx.ModelProto) -> None:
    """Writes GroupNormalization as older exporters did: an instance normalization of reshaped groups, whose channels
    are scaled and moved behind it where its scale is one number a channel, and not one a group.

    Raises:
        ValueError: a node that is none of its kind.
    """
    by_channel = max(each.version for each in model.opset_import if each.domain in DOMAINS) >= SCALED_BY_CHANNEL
    ranks = _ranks(model) if by_channel else {}
    nodes = list(model.graph.node)
    del model.graph.node[:]
    for index, node in enumerate(nodes):
        if node.op_type != "GroupNormalization":
            model.graph.node.append(node)
            continue
        attributes = {each.name: helper.get_attribute_value(each) for each in node.attribute}
        if not isinstance(attributes.get("num_groups"), int):
            raise ValueError(f"GroupNormalization {node.name!r} without a number of groups")
        groups, rank = attributes["num_groups"], ranks.get(node.input[0], PICTURES)
        name = f"groups_{index}_of_{node.output[0]}"
        for part, value in {
            "shape": np.array([0, groups, -1], np.int64),
            "axes": np.arange(1, rank - 1, dtype=np.int64),
            "ones": np.ones(groups, np.float32),
            "zeros": np.zeros(groups, np.float32),
        }.items():
            model.graph.initializer.append(numpy_helper.from_array(value, f"{name}_{part}"))
        x, scale, bias = node.input
        own = [f"{name}_ones", f"{name}_zeros"] if by_channel else [scale, bias]
        steps = [
            ("Reshape", [x, f"{name}_shape"], f"{name}_grouped", {}),
            (
                "InstanceNormalization",
                [f"{name}_grouped", *own],
                f"{name}_normalized",
                {"epsilon": attributes.get("epsilon", 1e-5)},
            ),
            ("Shape", [x], f"{name}_sizes", {}),
            ("Reshape", [f"{name}_normalized", f"{name}_sizes"], f"{name}_whole" if by_channel else node.output[0], {}),
        ]
        if by_channel:
            steps += [
                ("Unsqueeze", [scale, f"{name}_axes"], f"{name}_gain", {}),
                ("Unsqueeze", [bias, f"{name}_axes"], f"{name}_moved", {}),
                ("Mul", [f"{name}_whole", f"{name}_gain"], f"{name}_scaled", {}),
                ("Add", [f"{name}_scaled", f"{name}_moved"], node.output[0], {}),
            ]
        for operator, inputs, output, extra in steps:
            model.graph.node.append(helper.make_node(operator, inputs, [output], **extra))


def _ranks(model: onnx.ModelProto) -> dict[str, int]:
    """Numbers of axes by name, where ONNX can tell them."""
    known = onnx.shape_inference.infer_shapes(model).graph
    tensors = {value.name: value.type.tensor_type for value in (*known.value_info, *known.input)}
    return {name: len(tensor.shape.dim) for name, tensor in tensors.items() if tensor.HasField("shape")}


def _is_composed(name: str, version: int) -> bool:
    schema = defs.get_schema(name, version, "")
    return schema.has_function or schema.has_context_dependent_function


def _lower(node: onnx.NodeProto, version: int, opset: int, what: str) -> None:
    if not defs.has(node.op_type, opset, ""):
        _refuse(node.op_type, version, opset, what)
    known = defs.get_schema(node.op_type, opset, "").attributes
    defaults = defs.get_schema(node.op_type, version, "").attributes
    for attribute in list(node.attribute):
        value = helper.get_attribute_value(attribute)
        renamed = RENAMED.get(node.op_type, {}).get(attribute.name, {})
        if attribute.type == onnx.AttributeProto.STRING and value in renamed:
            attribute.s = renamed[value]
        elif value in UNKNOWN.get(node.op_type, {}).get(attribute.name, ()):
            _refuse(f"{node.op_type} with {attribute.name}={value.decode()}", version, opset, what)
        elif attribute.name not in known:
            default = defaults[attribute.name].default_value
            # Rounding and saturation are those of types of eight bits, which no network of a bundle has.
            if attribute.name not in ("saturate", "round_mode") and helper.get_attribute_value(default) != value:
                _refuse(f"{node.op_type} with {attribute.name}={value}", version, opset, what)
            node.attribute.remove(attribute)


def _refuse(received: str, version: int, opset: int, what: str) -> None:
    raise InputError(
        f"{what} must be made of operators of ONNX opset {opset}. Received: {received} of opset {version}; "
        f"write it with `opset_version={opset}`."
    )


def _stamped(model: onnx.ModelProto, opset: int) -> onnx.ModelProto:
    del model.opset_import[:]
    model.opset_import.extend([helper.make_opsetid("", opset)])
    model.ir_version = IR_VERSION[opset]
    return model

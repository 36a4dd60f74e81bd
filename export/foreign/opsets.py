"""ONNX files of other versions of the operators.

ONNX's own converter takes old files to newer versions. It has few ways back: what is newer than wanted is of the same
meaning there, made of older operators (`Gelu`), or refused.
"""

from __future__ import annotations

import onnx
from onnx import defs, helper, inliner, version_converter

from serving.common.errors import InputError

OLDEST, NEWEST = 7, 24
# IR version that the files of a version of the operators have at least.
IR_VERSION = {18: 8}
# Values of attributes that newer operators know by another name.
RENAMED = {"GridSample": {"mode": {b"linear": b"bilinear", b"cubic": b"bicubic"}}}
# Values that older operators do not know.
UNKNOWN = {
    "Pad": {"mode": (b"wrap",)},
    "Resize": {"coordinate_transformation_mode": (b"half_pixel_symmetric",)},
}
# Of these the same words mean something else: by channel, where it was by group.
OF_ANOTHER_MEANING = ("GroupNormalization",)


def brought_to_opset(model: onnx.ModelProto, opset: int, what: str) -> onnx.ModelProto:
    """The same network in another version of ONNX's operators.

    Args:
        model: of versions 7 to 24, without functions of its own and without other domains.
        opset: the version that is wanted.
        what: the file, for messages.

    Raises:
        InputError: another version, or an operator that the wanted one does not have.
    """
    (version,) = [each.version for each in model.opset_import if each.domain in ("", "ai.onnx")] or [0]
    if not OLDEST <= version <= NEWEST:
        raise InputError(
            f"{what} must be of ONNX opset {OLDEST} to {NEWEST}. Received: opset {version}; "
            f"write it with `opset_version={opset}`."
        )
    if version < opset:
        return _raised(model, opset, what)
    if version > opset:
        model = _lowered(model, version, opset, what)
    return _stamped(model, opset)


def _raised(model: onnx.ModelProto, opset: int, what: str) -> onnx.ModelProto:
    # Files of IR version 3 list weights among inputs, and the converter adds none to them.
    model.ir_version = max(model.ir_version, IR_VERSION[opset])
    try:
        return _stamped(version_converter.convert_version(model, opset), opset)
    except (RuntimeError, ValueError, IndexError) as error:
        reason = " ".join(str(error).split())[-200:]
        raise InputError(
            f"{what} must be a file that can be brought to ONNX opset {opset}. Received: {reason}; "
            f"write it with `opset_version={opset}`."
        ) from None


def _lowered(model: onnx.ModelProto, version: int, opset: int, what: str) -> onnx.ModelProto:
    newer = {node.op_type for node in model.graph.node if not defs.has(node.op_type, opset, "")}
    changed = {node.op_type for node in model.graph.node if node.op_type in OF_ANOTHER_MEANING}
    composed = [("", name) for name in sorted(newer | changed) if _is_composed(name, version)]
    if composed:
        model = inliner.inline_selected_functions(model, composed, inline_schema_functions=True)
    for node in model.graph.node:
        _lower(node, version, opset, what)
    return model


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

"""All rules, in order."""

from __future__ import annotations

from typing import Literal

import onnx
import onnx_ir as ir
import onnx_ir.passes.common as passes
from onnxscript.rewriter import RewriteRule, rewrite
from onnxscript.rewriter.rules import common

from export.graph.affine import affine_rules
from export.graph.affine_normalization import normalization_rules
from export.graph.convolution_by_parts import ConvolutionByParts
from export.graph.folded import fold
from export.graph.group_normalization import ReshapedGroups
from export.graph.idle import ReshapeToTheSame, WrappedIndex
from export.graph.instance_normalization import CentredQuotient, InstanceNormalization
from export.graph.narrow_convolution import NarrowConvolution
from export.graph.transposes import product_rules, transpose_rules

Target = Literal["any", "cpu"]
# Each round may make room for another; what comes out of a network's last layer passes some ten nodes.
MOST_ROUNDS = 30


def simplified(model: onnx.ModelProto, even: bool = False, target: Target = "any") -> onnx.ModelProto:
    """The same function as a smaller graph: normalizations one node or inside weights, transposes where they must be.

    Args:
        model: as tf2onnx writes it; not changed.
        even: whether pictures of free sides are known to have even ones.
        target: `cpu` computes large convolutions by parts, which a GPU does by itself.
    """
    graph = ir.from_proto(onnx.shape_inference.infer_shapes(model))
    fold(graph)
    _until_nothing_changes(graph, [ReshapeToTheSame.rule(), WrappedIndex.rule()])
    quotients = [CentredQuotient.rule(operator) for operator in ("Div", "Mul")]
    _until_nothing_changes(
        graph, [InstanceNormalization.rule(), *quotients, ReshapedGroups.rule(), *normalization_rules()]
    )
    _until_nothing_changes(
        graph,
        [
            *transpose_rules(),
            common.transpose_transpose_rule,
            common.no_op_transpose_rule,
            common.unsqueeze_unsqueeze_rule,
        ],
    )
    _until_nothing_changes(graph, affine_rules())
    _until_nothing_changes(graph, [common.matmul_add_to_gemm_rule, *product_rules()])
    rewrite(graph, [NarrowConvolution.rule(even)])
    if target == "cpu":
        rewrite(graph, [ConvolutionByParts.rule()])
    _tidy(graph)
    return ir.to_proto(graph)


def tidied(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy without what no output is made of, every node behind those that it takes from."""
    graph = ir.from_proto(model)
    passes.RemoveUnusedNodesPass()(graph)
    passes.TopologicalSortPass()(graph)
    return ir.to_proto(graph)


def _until_nothing_changes(graph: ir.Model, rules: list[RewriteRule]) -> None:
    for _ in range(MOST_ROUNDS):
        before = [node.op_type for node in graph.graph]
        rewrite(graph, rules)
        _tidy(graph)
        if [node.op_type for node in graph.graph] == before:
            return


def _tidy(graph: ir.Model) -> None:
    """Constants as initializers, equal ones once, and nothing that no output is made of; shapes known again."""
    for each in (
        passes.IdentityEliminationPass(),
        passes.LiftConstantsToInitializersPass(lift_all_constants=True, size_limit=0),
        passes.CommonSubexpressionEliminationPass(),
        passes.DeduplicateInitializersPass(),
        passes.RemoveUnusedNodesPass(),
        passes.TopologicalSortPass(),
        passes.ShapeInferencePass(),
    ):
        each(graph)

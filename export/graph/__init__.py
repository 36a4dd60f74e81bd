"""Rewrites an ONNX graph to a smaller one that computes the same.

    smaller = simplified(model, even=True)

Each file has the rules of one idea, written for onnxscript's pattern rewriter, whose own rules are applied too.
"""

from export.graph.folded import folded
from export.graph.simplified import Target, simplified, tidied

__all__ = ["Target", "folded", "simplified", "tidied"]

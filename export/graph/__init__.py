"""An ONNX graph with less in it that does the same.

    smaller = simplified(model, even=True)

Each file has rules of one idea, in onnxscript's pattern rewriter, beside those that it brings along.
"""

from export.graph.simplified import Target, simplified, tidied

__all__ = ["Target", "simplified", "tidied"]

"""Small graphs in ONNX's own text form, and what they compute."""

from __future__ import annotations

from collections import Counter

import numpy as np
import onnx
import onnxruntime


def graph(text, **constants):
    """A model of the lines of `text`: first `(inputs) => (outputs)`, then nodes; `constants` are its initializers."""
    model = onnx.parser.parse_model(f'<ir_version: 9, opset_import: ["" : 18]>\n{text}')
    model.graph.initializer.extend(onnx.numpy_helper.from_array(np.asarray(a), name) for name, a in constants.items())
    onnx.checker.check_model(model)
    return model


def outputs(model, **feed):
    """All outputs, as the runtime computes them without optimizations of its own."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(None, feed)


def operators(model):
    """How many nodes there are of each operator."""
    return dict(Counter(node.op_type for node in model.graph.node))


def noise(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)

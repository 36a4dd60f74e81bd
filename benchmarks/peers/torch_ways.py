"""The ways in which PyTorch runs a network on a CPU: as it is, channels last, compiled, and both, in float32 or
bfloat16. A way is named by its words, such as `compiled, channels last, bfloat16`."""

import contextlib

import torch

# Networks of all ways count together towards it, and past it nothing is compiled any more.
torch._dynamo.config.recompile_limit = 64


def prepared(module, way):
    """The module as the way wants it."""
    module = module.to(memory_format=torch.channels_last) if "channels last" in way else module
    return torch.compile(module, dynamic=False) if "compiled" in way else module


def arranged(images, way):
    """Images (batch, channels, height, width) as the way wants them."""
    return images.contiguous(memory_format=torch.channels_last) if "channels last" in way else images


def precision(way):
    """The context that forward passes run in."""
    return torch.autocast("cpu", torch.bfloat16) if "bfloat16" in way else contextlib.nullcontext()

"""ONNX files of `foreign_torch.py` and `foreign_onnx.py`, as both exporters of PyTorch write them.

    python torch_files.py FOLDER [--networks NAME ...] [--filters N] [--opsets N ...] [--side N]

For every file, FOLDER gets one line in `files.jsonl`: its name or the exporter's refusal. The older exporter is
`dynamo=False`. `fixed` is how most files are written, with the axes of the example; `free` names batch, height and
width.
"""

from __future__ import annotations

import argparse
import json
import logging
import warnings
from pathlib import Path

import torch
from torch import nn
from torch_networks import Residual, cyclegan, dcgan

OPSETS = (9, 11, 13, 18, 20)
LATENTS = 100


def normalized(inputs: int, outputs: int, kernel: int, stride: int = 1) -> list[nn.Module]:
    """Reflection, convolution, instance normalization, rectification."""
    padding, convolution = nn.ReflectionPad2d(kernel // 2), nn.Conv2d(inputs, outputs, kernel, stride)
    return [padding, convolution, nn.InstanceNorm2d(outputs, affine=True), nn.ReLU()]


def style(filters: int = 32, blocks: int = 5) -> nn.Sequential:
    """Johnson, Alahi and Fei-Fei 2016 with instance normalization and upsampling; pictures in 0..255, unbounded."""
    wide = 4 * filters
    return nn.Sequential(
        *normalized(3, filters, 9),
        *normalized(filters, 2 * filters, 3, 2),
        *normalized(2 * filters, wide, 3, 2),
        *(Residual(wide) for _ in range(blocks)),
        nn.Upsample(scale_factor=2, mode="nearest"),
        *normalized(wide, 2 * filters, 3),
        nn.Upsample(scale_factor=2, mode="nearest"),
        *normalized(2 * filters, filters, 3),
        nn.ReflectionPad2d(4),
        nn.Conv2d(filters, 3, 9),
    )


class StylesOfGreyLevels(nn.Module):
    """A style network whose last layer is in the scale of its pictures, 0..255, as a trained one is."""

    def __init__(self, filters: int) -> None:
        super().__init__()
        self.layers = style(filters)
        last = self.layers[-1]
        nn.init.normal_(last.weight, 0.0, 60.0 / (last.weight[0].numel() ** 0.5))
        nn.init.constant_(last.bias, 127.5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layers(x)


def networks(filters: int) -> dict[str, nn.Module]:
    """By name, none of them trained; running statistics of DCGAN's normalizations are those of some batches."""
    generator = dcgan(LATENTS, filters)
    for _ in range(20):
        generator(torch.randn(32, LATENTS, 1, 1))
    return {"dcgan": generator, "cyclegan": cyclegan(filters), "style": StylesOfGreyLevels(filters)}


def write(network: nn.Module, file: Path, example: torch.Tensor, opset: int, dynamo: bool, free: bool) -> None:
    """One file by one exporter."""
    axes = {0: "batch", 2: "height", 3: "width"} if example.shape[2] > 1 else {0: "batch"}
    options: dict[str, object] = {"input_names": ["input"], "output_names": ["output"], "opset_version": opset}
    if dynamo:
        options |= {"external_data": False, "verbose": False}
        if free:
            options["dynamic_shapes"] = (dict.fromkeys(axes, torch.export.Dim.DYNAMIC),)
    elif free:
        options["dynamic_axes"] = {"input": axes, "output": {0: "batch", 2: "height", 3: "width"}}
    torch.onnx.export(network, (example,), str(file), dynamo=dynamo, **options)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--networks", nargs="+", default=["dcgan", "cyclegan", "style"])
    parser.add_argument("--filters", type=int, default=16)
    parser.add_argument("--side", type=int, default=64)
    parser.add_argument("--opsets", nargs="+", type=int, default=OPSETS)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    logging.disable(logging.ERROR)
    warnings.simplefilter("ignore")
    torch.manual_seed(0)
    made = networks(options.filters)
    with (options.folder / "files.jsonl").open("w", encoding="utf-8") as lines:
        for name in options.networks:
            network = made[name].eval()
            example = torch.randn(2, LATENTS, 1, 1) if name == "dcgan" else torch.rand(2, 3, options.side, options.side)
            for opset in options.opsets:
                for dynamo in (False, True):
                    for free in (False, True):
                        facts = {"network": name, "opset": opset, "dynamo": dynamo, "free": free}
                        file = f"{name}_{opset}_{'dynamo' if dynamo else 'older'}_{'free' if free else 'fixed'}.onnx"
                        try:
                            given = example if free else example[:1]
                            write(network, options.folder / file, given, opset, dynamo, free)
                        except Exception as error:  # whatever an exporter raises
                            facts["refused"] = " ".join(str(error).split())[:300]
                        lines.write(json.dumps({**facts, "file": file}) + "\n")


if __name__ == "__main__":
    main()

"""The peers of `exported.py`, run by a Python with PyTorch: pictures of one network for each line of input.

python torch_generators.py cyclegan FILE.onnx    writes PyTorch's own ONNX export first
python torch_generators.py dcgan
"""

import sys

import torch
from torch import nn

BATCH = 64


def block(channels):
    return nn.Sequential(
        *(nn.ReflectionPad2d(1), nn.Conv2d(channels, channels, 3), nn.InstanceNorm2d(channels, affine=True)),
        nn.ReLU(True),
        *(nn.ReflectionPad2d(1), nn.Conv2d(channels, channels, 3), nn.InstanceNorm2d(channels, affine=True)),
    )


class Residual(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.block = block(channels)

    def forward(self, x):
        return x + self.block(x)


def normalized(convolution, channels):
    return [convolution, nn.InstanceNorm2d(channels, affine=True), nn.ReLU(True)]


def cyclegan(filters=64, blocks=9):
    wide = 4 * filters
    return nn.Sequential(
        nn.ReflectionPad2d(3),
        *normalized(nn.Conv2d(3, filters, 7), filters),
        *normalized(nn.Conv2d(filters, 2 * filters, 3, 2, 1), 2 * filters),
        *normalized(nn.Conv2d(2 * filters, wide, 3, 2, 1), wide),
        *(Residual(wide) for _ in range(blocks)),
        *normalized(nn.ConvTranspose2d(wide, 2 * filters, 3, 2, 1, 1), 2 * filters),
        *normalized(nn.ConvTranspose2d(2 * filters, filters, 3, 2, 1, 1), filters),
        nn.ReflectionPad2d(3),
        nn.Conv2d(filters, 3, 7),
        nn.Tanh(),
    )


def up(inputs, outputs, stride, padding):
    convolution = nn.ConvTranspose2d(inputs, outputs, 4, stride, padding, bias=False)
    return [convolution, nn.BatchNorm2d(outputs), nn.ReLU(True)]


def dcgan(latents=100, filters=64):
    return nn.Sequential(
        *up(latents, filters * 8, 1, 0),
        *up(filters * 8, filters * 4, 2, 1),
        *up(filters * 4, filters * 2, 2, 1),
        *up(filters * 2, filters, 2, 1),
        nn.ConvTranspose2d(filters, 3, 4, 2, 1, bias=False),
        nn.Tanh(),
    )


def main():
    name, *file = sys.argv[1:]
    torch.manual_seed(0)
    network = {"cyclegan": cyclegan, "dcgan": dcgan}[name]().eval()
    given = torch.rand(1, 3, 256, 256) * 2 - 1 if name == "cyclegan" else torch.randn(BATCH, 100, 1, 1)
    with torch.inference_mode():
        if file:
            options = {"input_names": ["image"], "output_names": ["translation"], "opset_version": 18}
            torch.onnx.export(network, (given,), file[0], dynamo=True, external_data=False, verbose=False, **options)
        network(given)
        print("ready", flush=True)
        for _ in sys.stdin:
            network(given)
            print("done", flush=True)


if __name__ == "__main__":
    main()

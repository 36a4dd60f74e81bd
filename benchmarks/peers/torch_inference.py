"""The peers of `exported.py`, run by a Python with PyTorch: a batch of images in the way that a line of input names.

python torch_inference.py cyclegan|dcgan BATCH SIDE [FILE.onnx]    writes PyTorch's own ONNX export first

Compiled ways have their weights frozen, so that they are arranged for the processor once.
"""

import sys

import torch
import torch._inductor.config
from torch_networks import cyclegan, dcgan
from torch_ways import arranged, precision, prepared

LATENTS = 100
torch._inductor.config.freezing = True


def given(name, batch, side):
    return torch.randn(batch, LATENTS, 1, 1) if name == "dcgan" else torch.rand(batch, 3, side, side) * 2 - 1


def export(network, images, file):
    options = {"input_names": ["image"], "output_names": ["translation"], "opset_version": 18}
    torch.onnx.export(network, (images,), file, dynamo=True, external_data=False, verbose=False, **options)


def main():
    name, batch, side, *file = sys.argv[1:]
    torch.manual_seed(0)
    networks = {"cyclegan": cyclegan, "dcgan": dcgan}
    made = {}
    with torch.inference_mode():
        images = given(name, int(batch), int(side))
        if file:
            export(networks[name]().eval(), images, file[0])
        for line in sys.stdin:
            way = line.strip()
            if way not in made:
                made[way] = prepared(networks[name]().eval(), way), arranged(images, way)
            network, batch_of_way = made[way]
            with precision(way):
                network(batch_of_way)
            print("done", flush=True)


if __name__ == "__main__":
    main()

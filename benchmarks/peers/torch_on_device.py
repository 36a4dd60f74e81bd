"""The peer of `gpu.py`, run by a Python with PyTorch: runs of one network, as it is before training, in several ways.

    python torch_on_device.py dcgan|cyclegan cpu|cuda

It first prints the ways in a line, divided by semicolons. Then a line `RUNS WAY` is answered with the seconds of one of
so many runs, until all are done on the device, or with why there are none. A way is opened when it is first asked for.
"""

import contextlib
import sys
import time

import torch
from torch_networks import cyclegan, dcgan

WAYS = ["eager", "channels last", "compiled", "compiled, channels last"]
BFLOAT16 = ["channels last, bfloat16", "compiled, channels last, bfloat16"]
FLOAT16 = ["channels last, float16", "compiled, channels last, float16"]
GRAPHS = ["compiled, graphs, channels last", "compiled, graphs, channels last, float16"]
# "float16" is a part of "bfloat16".
PRECISIONS = {"bfloat16": torch.bfloat16, "float16": torch.float16}

# Networks of all ways count together towards it, and past it nothing is compiled any more.
torch._dynamo.config.recompile_limit = 64


def opened(name, device, way):
    """What runs the network once, its images on the device."""
    torch.manual_seed(0)
    network = {"cyclegan": cyclegan, "dcgan": dcgan}[name]().eval().to(device)
    given = torch.rand(1, 3, 256, 256) * 2 - 1 if name == "cyclegan" else torch.randn(64, 100, 1, 1)
    given = given.to(device)
    if "channels last" in way:
        network = network.to(memory_format=torch.channels_last)
        given = given.contiguous(memory_format=torch.channels_last)
    if "compiled" in way:
        network = torch.compile(network, dynamic=False, mode="reduce-overhead" if "graphs" in way else None)
    precision = next((dtype for word, dtype in PRECISIONS.items() if word in way), None)
    context = torch.autocast(device, precision) if precision else contextlib.nullcontext()

    def run():
        with torch.inference_mode(), context:
            network(given)

    for _ in range(3):
        run()
    return run


def seconds(run, runs, device):
    wait = torch.cuda.synchronize if device == "cuda" else lambda: None
    wait()
    started = time.perf_counter()
    for _ in range(runs):
        run()
    wait()
    return (time.perf_counter() - started) / runs


def main():
    name, device = sys.argv[1:]
    if device == "cuda" and not torch.cuda.is_available():
        raise SystemExit("PyTorch has no CUDA here")
    torch.backends.cudnn.benchmark = True
    found = {}
    print("; ".join(WAYS + BFLOAT16 + (FLOAT16 + GRAPHS if device == "cuda" else [])), flush=True)
    for line in sys.stdin:
        runs, way = line.strip().split(" ", 1)
        try:
            found[way] = found.get(way) or opened(name, device, way)
            print(seconds(found[way], int(runs), device), flush=True)
        except Exception as error:  # of any of the libraries that compile; the other ways can run
            print(f"{type(error).__name__}: {' '.join(str(error).split())[:200]}", flush=True)


if __name__ == "__main__":
    main()

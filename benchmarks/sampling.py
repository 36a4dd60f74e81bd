"""`Sampler.sample` against a bare `session.run` loop over the same `sampler.onnx`."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import onnxruntime
from timing import alternate

import export
import keras_gen
import serving

PICTURES = 16384
BATCHES = (64, 256)
ROUNDS = 15
MODELS = {
    "VAE 16x16 (demo)": lambda: keras_gen.VAE((16, 16, 1), latent_dim=2),
    "GAN 16x16 (demo)": lambda: keras_gen.GAN((16, 16, 1), 32, generator={"name": "dcgan", "filters": 32}),
    "GAN 32x32": lambda: keras_gen.GAN((32, 32, 1), 64, generator={"name": "dcgan", "filters": 32}),
}


def main() -> None:
    print(f"{PICTURES} pictures a round, medians of {ROUNDS} alternating rounds\n")
    print("| model | batch | Sampler.sample, img/s | bare session.run, img/s | ratio |\n|---|---|---|---|---|")
    for name, build in MODELS.items():
        with tempfile.TemporaryDirectory() as folder:
            bundle = export.export_bundle(build(), Path(folder) / "bundle")
            sampler = serving.load(bundle, provider="cpu")
            session = onnxruntime.InferenceSession(bundle / "sampler.onnx", providers=["CPUExecutionProvider"])
            for batch in BATCHES:

                def ours(sampler=sampler, batch=batch):
                    return sampler.sample(PICTURES, seed=1, batch_size=batch)

                def bare(session=session, batch=batch):
                    feed = {"seed": np.array(1), "n": np.array(batch)}
                    return [session.run(["image"], feed)[0] for _ in range(PICTURES // batch)]

                result = alternate(ours, bare, ROUNDS)
                rates = f"{PICTURES / result.ours:,.0f} | {PICTURES / result.peer:,.0f}"
                print(f"| {name} | {batch} | {rates} | {result.ratio:.3f} |", flush=True)


if __name__ == "__main__":
    main()

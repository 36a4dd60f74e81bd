"""Two processes that train together, again and again, against one.

    python benchmarks/two_workers.py --runs 10

Each run must end by itself, and with the weights of the single process but for the rounding of sums. That both
processes have the same weights is asserted, for every model, in `tests/models/test_workers.py`.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from keras_gen.training.run_directory import open_model

SGD = ["name", "sgd", "learning_rate", "0.001", "beta_1", "null"]
COMMON = ["--data", "digits", "--batch_size", "100", "--seed", "3", "--epochs", "3"]
MODELS = {
    "vae": ["optimizer"],
    "gan": ["generator_optimizer", "discriminator_optimizer"],
}
LIMIT = 600


def command(name: str, out: Path) -> list[str]:
    rates = [
        word
        for optimizer in MODELS[name]
        for field, value in zip(SGD[::2], SGD[1::2], strict=True)
        for word in (f"--{optimizer}.{field}", value)
    ]
    return ["train", name, *COMMON, *rates, "--out", str(out)]


def run(words: list[str]) -> float:
    """Seconds of a command that must end well, and in time."""
    begun = time.monotonic()
    subprocess.run([sys.executable, "-m", "keras_gen", *words], check=True, timeout=LIMIT, stdout=subprocess.DEVNULL)
    return time.monotonic() - begun


def weights(run: Path) -> list[np.ndarray]:
    return open_model(run).get_weights()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    options = parser.parse_args()
    print("| model | runs that ended | s, at most | differs from one process by, at most |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name in options.models:
            alone = Path(folder) / name
            run(command(name, alone))
            expected, seconds, differences = weights(alone), [], []
            for index in range(options.runs):
                out = Path(folder) / f"{name}_{index}"
                seconds.append(run(["launch", "--workers", "2", "--", *command(name, out)]))
                pairs = zip(weights(out), expected, strict=True)
                differences.append(max(float(np.abs(one - other).max()) for one, other in pairs))
            print(
                f"| {name} | {len(seconds)} of {options.runs} | {max(seconds):.0f} | {max(differences):.1e} |",
                flush=True,
            )


if __name__ == "__main__":
    main()

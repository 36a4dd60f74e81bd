"""Trains a published judge: the classifier whose features and classes `--extractor judge:NAME` compares pictures by.

    python benchmarks/train_judge.py digits --data idx:FOLDER
    python benchmarks/train_judge.py digits --data idx:FOLDER --store

FOLDER has the four original files of MNIST. The network and its training are those of `keras_gen.metrics.classifier`,
with the epochs and the seed that the judge has in `keras_gen/metrics/judges/catalogue.json`. Its large weights are
stored in 16 bits and computed with in 32, and its input is bytes, so that nobody can prepare pictures in another way.
`--store` puts it into the package. The file that is published is what judges: another machine trains one that is as
good and not the same, since sums of floating-point numbers come in another order there.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import onnx

from export.border import Bordered
from export.describe import describe
from export.half_weights import with_half_weights
from export.to_onnx import convert, label
from keras_gen.data import Source, open_source
from keras_gen.metrics.classifier import labels_of, train_classifier
from keras_gen.metrics.extractors import OnnxFile
from keras_gen.metrics.judges import CATALOGUE, FOLDER, judge_catalogue, judge_file

LARGEST = 500_000
# Set before TensorFlow is loaded: sums of several threads come in no order of their own.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1"}


def main(words: Sequence[str] | None = None) -> int:
    """Prints what the new judge reads and how it differs from the published one."""
    known = judge_catalogue()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=known, help="the judge")
    parser.add_argument("--data", required=True, help="its data, as keras-gen takes it")
    parser.add_argument("--out", type=Path, default=Path(), help="folder for NAME.onnx")
    parser.add_argument("--store", action="store_true", help="put it in the place of the published one")
    options = parser.parse_args(words)
    entry = dict(known[options.name])
    height, width, channels = entry["image_shape"]
    train, test = (open_source(options.data, (height, width), channels, split) for split in ("train", "test"))
    started = time.monotonic()
    classifier = train_classifier(train, entry["epochs"], entry["seed"])
    print(f"trained in {time.monotonic() - started:.0f} s: {classifier.accuracy(test):.4f} in Keras", flush=True)
    file = judge_file(options.name) if options.store else options.out / f"{options.name}.onnx"
    file.write_bytes(content_of(classifier.network))
    entry |= facts_of(file, test)
    if options.store:
        known[options.name] = entry
        (FOLDER / CATALOGUE).write_text(json.dumps(known, indent=2) + "\n", encoding="utf-8")
    print(f"{file}: {json.dumps(entry, indent=2)}")
    return 0


def content_of(network: keras.Model) -> bytes:
    """The ONNX file of a classifier: `image`, bytes, to `features` and `logits`."""
    images = keras.Input(network.input_shape[1:], name="image")
    features, logits = network(images)
    named = Bordered(keras.Model({"image": images}, {"features": features, "logits": logits}), "uint8")
    model: onnx.ModelProto = with_half_weights(convert(named, "judge"))
    inputs, outputs = describe(named, 0)
    label(model, inputs, outputs)
    return model.SerializeToString(deterministic=True)


def facts_of(file: Path, test: Source) -> dict[str, Any]:
    """What the catalogue says of a file: its hash, its size and the share of test pictures whose class it finds."""
    content = file.read_bytes()
    if len(content) > LARGEST:
        raise SystemExit(f"{file} must have at most {LARGEST} bytes. Received: {len(content)}.")
    found = OnnxFile(file, test.image_shape).probabilities(test.examples.images).argmax(axis=1)
    accuracy = float((found == labels_of(test)).mean())
    return {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "accuracy": round(accuracy, 4)}


if __name__ == "__main__":
    if any(os.environ.get(name) != value for name, value in ONE_THREAD.items()):
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **ONE_THREAD})
    raise SystemExit(main())

"""Training of a model that translates, on what was prepared."""

from __future__ import annotations

import csv

import numpy as np

from serving.common.images import write_png

NETWORKS = ["--model.generator", "{name: resnet, filters: 2, blocks: 1}"]
JUDGES = ["--model.discriminator", "{name: patchgan, receptive_field: 16, filters: 2}"]
SIZES = ["--load_size", "20", "--image_size", "16"]
OPTIONS = ["--batch_size", "2", "--seed", "3", "--mirror", "true", "--validation", "true", *NETWORKS, *JUDGES]


def figures(folder):
    with (folder / "metrics.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_run_in_two_parts_on_prepared_domains_is_an_unbroken_one_on_the_source(tmp_path, run):
    random = np.random.default_rng(0)
    for domain, split, count in (("a", "train", 4), ("b", "train", 3), ("a", "test", 2), ("b", "test", 2)):
        for index in range(count):
            write_png(tmp_path / domain / split / f"{index}.png", random.integers(0, 256, (24, 22, 3), np.uint8))
    source, out = f"unpaired:{tmp_path / 'a'},{tmp_path / 'b'}", tmp_path / "out"
    code, said, _ = run("prepare", source, "--out", out, *SIZES)
    assert (code, said.splitlines()[:2]) == (0, ["train: 4 and 3 pictures", "test: 2 and 2 pictures"])
    for data, parts, folder in ((source, ["2"], "whole"), (f"prepared:{out}", ["1", "2"], "in_parts")):
        for epochs in parts:
            words = ["--data", data, "--out", tmp_path / folder, "--epochs", epochs]
            code, said, _ = run("train", "cyclegan", *words, *SIZES, *OPTIONS)
            assert code == 0
            assert "4 and 3 pictures of 16x16x3" in said
    assert "resuming after epoch 1 of 2" in said
    assert figures(tmp_path / "in_parts") == figures(tmp_path / "whole")
    assert float(figures(tmp_path / "whole")[1]["val_cycle_loss"]) > 0

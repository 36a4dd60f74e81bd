"""What becomes of PyTorch's ONNX files as bundles: DCGAN, CycleGAN and a style network, by both exporters.

    python benchmarks/foreign_torch.py --torch PYTHON [--opsets N ...] [--files FOLDER]

PYTHON is that of an environment with PyTorch 2.13 and onnxscript (`pip install torch==2.13.0 onnxscript`). Each network
is written at opsets 9, 11, 13, 18 and 20 by `torch.onnx.export` with `dynamo=True` and with `dynamo=False`, with the
axes of its example and with free ones, and brought through `keras-gen bundle`. The newer exporter writes nothing below
opset 18. A cell has the largest difference from the file as it was, in ONNX Runtime, in grey levels, where 1 is
allowed; or what was refused, and why. FOLDER keeps the files; where it has them, none are written and `--torch` may be
left out. The exit code is 1 where a file is neither right nor refused.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import onnx

import export
from serving.bundle.names import PICTURES
from serving.common.errors import InputError

WRITER = Path(__file__).parent / "peers" / "torch_files.py"
NETWORKS = ("dcgan", "cyclegan", "style")
OPSETS = (9, 11, 13, 18, 20)
EXPORTERS = {True: "`dynamo=True`", False: "`dynamo=False`"}


def written(python: str | None, folder: Path, networks: list[str], opsets: list[int]) -> list[dict[str, Any]]:
    """What PyTorch wrote, or refused to write."""
    listed = folder / "files.jsonl"
    if not listed.exists():
        command = [str(python), str(WRITER), str(folder), "--networks", *networks, "--opsets", *map(str, opsets)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return [json.loads(line) for line in listed.read_text(encoding="utf-8").splitlines()]


def said_of(network: str) -> dict[str, Any]:
    """What a user says of a network; the last layer of a style network does not tell its range."""
    if network == "dcgan":
        return {}
    return {"to": network} | ({"range": (0.0, 255.0)} if network == "style" else {})


def bundled(file: Path, network: str, out: Path) -> str:
    """The largest difference in grey levels, or the refusal."""
    role = "decoder" if network == "dcgan" else "translator"
    try:
        bundle = export.bundle_networks(out, **{role: file}, **said_of(network))
    except InputError as error:
        return f"refused: {error}"
    parity = json.loads((bundle / "manifest.json").read_text(encoding="utf-8"))["parity"]
    return f"{max(found for each in parity.values() for name, found in each.items() if name in PICTURES):g}"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--torch", help="a Python interpreter that has PyTorch and onnxscript")
    parser.add_argument("--files", type=Path, help="a folder for PyTorch's files, or with them")
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    parser.add_argument("--opsets", nargs="+", type=int, default=list(OPSETS))
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        place = options.files or Path(folder) / "files"
        files = written(options.torch, place, options.networks, options.opsets)
        print("| network | exporter | opset asked | in the file | axes | grey levels |\n|---|---|---|---|---|---|")
        for index, each in enumerate(files):
            file, version = place / each["file"], ""
            if "refused" in each:
                found = f"not written by PyTorch: {each['refused']}"
            else:
                version = str(onnx.load(file).opset_import[0].version)
                try:
                    found = bundled(file, each["network"], Path(folder) / f"bundle_{index}")
                except Exception as error:  # what no user may ever see
                    found = f"WRONG: {type(error).__name__}: {error}"
            axes = "free" if each["free"] else "fixed"
            wrong += found.startswith("WRONG")
            print(
                f"| {each['network']} | {EXPORTERS[each['dynamo']]} | {each['opset']} | {version} | {axes} | {found} |",
                flush=True,
            )
    sys.exit(int(wrong > 0))


if __name__ == "__main__":
    main()

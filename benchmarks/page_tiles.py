"""A large picture through a translator on the page: the memory of the tab, and the time. Linux alone.

`make page` first, as for page.py. The network is CycleGAN's for 256x256, 9 residual blocks of 256 channels, as it is
before training; its numbers do not change its memory.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from in_browser import measured

from serving.page import write_site
from serving.page.host import hosted


def write_bundle(folder: Path, filters: int, blocks: int) -> Path:
    """A translator in both directions, exported at a small size, since it takes any."""
    import export
    import keras_gen

    generator = {"name": "resnet", "filters": filters, "blocks": blocks}
    small = {"name": "patchgan", "receptive_field": 16, "filters": 4}
    return export.export_bundle(keras_gen.CycleGAN((32, 32, 3), generator=generator, discriminator=small), folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=1024, help="of the picture, in pixels.")
    parser.add_argument("--filters", type=int, default=64, help="of the generator's first layer.")
    parser.add_argument("--blocks", type=int, default=9, help="residual blocks of the generator.")
    parser.add_argument("--bundle", type=Path, help="a bundle to take instead.")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        bundle = options.bundle or write_bundle(Path(place) / "translator", options.filters, options.blocks)
        write_site([bundle], Path(place) / "site")
        with hosted(Path(place) / "site") as address:
            found = measured("tiles.mjs", address, side=options.side)
    print(f"{options.side}x{options.side} pixels; {found['browser']}")
    print("\n| what | figure | mark |\n|---|---|---|")
    print(f"| memory of the tab's process, at most | {found['peak'] / 2**20:.0f} MiB | 1024 |")
    print(f"| the same before the picture | {found['before'] / 2**20:.0f} MiB | - |")
    print(f"| time | {found['seconds']:.1f} s | - |")


if __name__ == "__main__":
    main()

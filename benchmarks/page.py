"""The page in headless Chromium on loopback: until the first picture, pictures a second under the pointer, long tasks.

`make page` first: the page is the built one, and Playwright that of `serving/page/node_modules`.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import tempfile
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from in_browser import measured

from serving.page import write_site
from serving.page.built import built_page
from serving.page.host import hosted


def write_bundles(folder: Path) -> list[Path]:
    """A VAE of 1.2 MB, and a GAN of 32x32, as they are before training."""
    import export
    import keras_gen

    coder = {"name": "conv", "filters": 32}
    vae = keras_gen.VAE((16, 16, 1), 2, encoder=coder, decoder=coder)
    gan = keras_gen.GAN((32, 32, 3), 64, generator={"name": "dcgan", "filters": 32})
    return [export.export_bundle(model, folder / name) for name, model in (("vae", vae), ("gan", gan))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9, help="of each measurement of the first picture.")
    parser.add_argument("--seconds", type=float, default=5.0, help="that the pointer moves.")
    options = parser.parse_args()
    dist = built_page()
    scripts = sum(len(gzip.compress(file.read_bytes(), 9)) for file in dist.rglob("*.js"))
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        write_site(write_bundles(place), place / "site")
        listed = json.loads((place / "site" / "bundles.json").read_text())
        needed = {"decoder", "noise"}
        manifest = json.loads((place / "site" / "bundles" / "vae" / "manifest.json").read_text())
        networks = [network for name, network in manifest["networks"].items() if name in needed]
        fetched = sum(network["size"] + (network.get("weights") or {"size": 0})["size"] for network in networks)
        with hosted(place / "site") as address:
            found = measured("page.mjs", address, rounds=options.rounds, seconds=options.seconds)
    first = f"first picture, a bundle of {listed[0]['size'] / 1e6:.1f} MB, of which {fetched / 1e6:.1f} are needed"
    print(f"medians of {options.rounds} rounds; {found['threads']} threads, {found['browser']}")
    print("\n| what | figure | mark |\n|---|---|---|")
    print(f"| the page's own script, gzip -9 | {scripts / 1e3:.0f} kB | 150 |")
    print(f"| {first}: a first visit | {found['visit']:.2f} s | - |")
    print(f"| the same, with the page's files there | {found['files']:.2f} s | 1.0 |")
    print(f"| the same, with all from the cache | {found['cache']:.2f} s | 0.3 |")
    print(f"| plane under the pointer, GAN 32x32x3 | {found['rate']:.0f} pictures a second | 30 |")
    print(f"| longest task of the page's thread, meanwhile | {found['task']:.0f} ms | 50 |")
    print(f"| longest task of the page's thread, while it opens | {found['opening']:.0f} ms | 50 |")


if __name__ == "__main__":
    main()

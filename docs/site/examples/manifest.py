import json
from pathlib import Path

from serving import Manifest

manifest = Manifest.read(Path("bundles/vae"))
print(manifest.model, manifest.image.height, manifest.latent.size)  # vae 8 2
content = json.loads(Path("bundles/vae/manifest.json").read_text())
print(content["networks"]["decoder"]["file"])  # decoder.onnx

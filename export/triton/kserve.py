"""`inference_service.yaml`, with which KServe runs a model repository in its Triton runtime."""

from __future__ import annotations

import re

import yaml

from serving.bundle.manifest import Manifest
from serving.bundle.verified import stored_files
from serving.common.errors import InputError

STORAGE_URI = "s3://BUCKET/FOLDER"
GIBIBYTE = 2**30
HEAD = """\
# Copy this folder to `storageUri`, then: kubectl apply -f inference_service.yaml
# On a GPU: add `nvidia.com/gpu: "1"` to the limits.
"""


def inference_service(manifest: Manifest, storage_uri: str = STORAGE_URI) -> str:
    """A KServe InferenceService (serving.kserve.io/v1beta1) for a repository, as YAML.

    The memory is one gibibyte for the server and three times the size of the networks' files: the file, the session's
    copy of the weights, and what it computes.

    Args:
        manifest: the bundle's manifest.
        storage_uri: URI of the repository, as the cluster reaches it.
    """
    size = sum(stored.size for stored in stored_files(manifest))
    memory = f"{-(-(GIBIBYTE + 3 * size) // GIBIBYTE)}Gi"
    service = {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": {"name": _label(manifest.model)},
        "spec": {
            "predictor": {
                "model": {
                    "modelFormat": {"name": "triton", "version": "2"},
                    "protocolVersion": "v2",
                    "storageUri": storage_uri,
                    "resources": {
                        "requests": {"cpu": "2", "memory": memory},
                        "limits": {"cpu": "2", "memory": memory},
                    },
                }
            }
        },
    }
    return HEAD + yaml.safe_dump(service, sort_keys=False)


def check_uri(storage_uri: str) -> None:
    """Raises InputError if the text is not a URI."""
    if not re.fullmatch(r"[a-z][a-z0-9+.-]*://\S+", storage_uri):
        raise InputError(f"--storage-uri must be a URI, such as {STORAGE_URI}. Received: {storage_uri!r}.")


def _label(name: str) -> str:
    """A name that Kubernetes accepts: lower-case letters, digits and hyphens, starting with a letter."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    return plain[:50].rstrip("-") if plain[:1].isalpha() else f"model-{plain}"[:50].rstrip("-")

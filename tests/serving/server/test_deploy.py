"""The Dockerfile and the manifest of Kubernetes: that their parts fit each other and the command."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

import serving.server
from keras_gen.cli.serve import _parser

DEPLOY = Path(serving.server.__file__).parent / "deploy"
DOCKERFILE = (DEPLOY / "Dockerfile").read_text()


@pytest.fixture(scope="module")
def manifest():
    return {each["kind"]: each for each in yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text())}


@pytest.fixture(scope="module")
def pod(manifest):
    return manifest["Deployment"]["spec"]["template"]["spec"]


def test_the_image_runs_without_rights_and_looks_after_its_health():
    (user,) = re.findall(r"^USER (\d+):\1$", DOCKERFILE, re.M)
    assert DOCKERFILE.index(f"--uid {user}") < DOCKERFILE.index("USER ") < DOCKERFILE.index("ENTRYPOINT")
    assert "/v2/health/ready" in DOCKERFILE.split("HEALTHCHECK")[1]


def test_the_command_lines_are_those_of_the_command(pod):
    (entry,) = re.findall(r'^ENTRYPOINT \["keras-gen", "serve", (.*)\]$', DOCKERFILE, re.M)
    options = _parser().parse_args([*re.findall(r'"([^"]+)"', entry), *pod["containers"][0]["args"]])
    ports = {port["name"]: port["containerPort"] for port in pod["containers"][0]["ports"]}
    assert (options.host, options.http_port, options.grpc_port) == ("0.0.0.0", ports["http"], ports["grpc"])
    assert re.findall(r"^EXPOSE (\d+) (\d+)$", DOCKERFILE, re.M) == [(str(ports["http"]), str(ports["grpc"]))]
    assert pod["terminationGracePeriodSeconds"] > options.drain_seconds + 5
    mounts = {mount["mountPath"]: mount["name"] for mount in pod["containers"][0]["volumeMounts"]}
    assert str(Path(options.token_file).parent) in mounts
    assert all(str(Path(word.partition("=")[2]).parent) in mounts for word in options.bundles)
    assert set(mounts.values()) == {volume["name"] for volume in pod["volumes"]}


def test_the_pod_is_probed_and_has_no_rights(manifest, pod):
    (container,) = pod["containers"]
    for probe, path in (("startup", "ready"), ("readiness", "ready"), ("liveness", "live")):
        assert container[f"{probe}Probe"]["httpGet"] == {"path": f"/v2/health/{path}", "port": "http"}
    assert pod["securityContext"]["runAsNonRoot"]
    assert f"USER {pod['securityContext']['runAsUser']}:" in DOCKERFILE
    own = container["securityContext"]
    assert (own["allowPrivilegeEscalation"], own["readOnlyRootFilesystem"]) == (False, True)
    assert own["capabilities"] == {"drop": ["ALL"]}
    labels = manifest["Deployment"]["spec"]["template"]["metadata"]["labels"]
    assert manifest["Service"]["spec"]["selector"].items() <= labels.items()
    targets = {port["targetPort"] for port in manifest["Service"]["spec"]["ports"]}
    assert targets == {port["name"] for port in container["ports"]}


def test_nobody_but_the_server_reads_the_tokens(pod):
    (secret,) = [volume["secret"] for volume in pod["volumes"] if "secret" in volume]
    assert secret["defaultMode"] & 0o007 == 0

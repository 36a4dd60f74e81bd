"""`--ray`: a cluster of two CPUs on this machine, and the Ray that a command starts for itself."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import time
from contextlib import suppress

import numpy as np
import psutil
import pytest

from serving.common.images import write_png
from tests.translators import noise

pytest.importorskip("ray", reason="needs the extra `ray`")

PICTURES = 400


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Address and environment of a cluster, which takes what knows its token."""
    port = free_port()
    environment = {
        **os.environ,
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(32),
    }
    words = ["ray.scripts.scripts", "start", "--head", "--block", "--num-cpus=2", f"--port={port}"]
    words += ["--node-ip-address=127.0.0.1", "--include-dashboard=false", f"--object-store-memory={100 * 2**20}"]
    log = tmp_path_factory.mktemp("ray") / "log"
    with log.open("w") as opened:
        head = subprocess.Popen([sys.executable, "-m", *words], env=environment, stdout=opened, stderr=opened)
    try:
        while "Ray runtime started" not in log.read_text():
            assert head.poll() is None, log.read_text()
            time.sleep(0.1)
        yield f"127.0.0.1:{port}", environment
    finally:
        for process in [*psutil.Process(head.pid).children(recursive=True), head]:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        head.wait()


def start(words, environment=None):
    """`keras-gen` in a process of its own."""
    command = [sys.executable, "-m", "keras_gen", *map(str, words)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finished(words, environment=None):
    process = start(words, environment)
    out, err = process.communicate()
    return process.returncode, out, err


def tree(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def descendants(process):
    return psutil.Process(process.pid).children(recursive=True)


def workers_of(processes):
    found = []
    for process in processes:
        try:
            title = " ".join(process.cmdline())
        except psutil.Error:
            continue
        if title.startswith("ray::") and "MapWorker" in title:
            found.append(process)
    return found


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("format", [[], ["--format", "npy", "--shard_size", 30]])
def test_pictures_are_those_of_the_plain_loop(of_classes, cluster, run, tmp_path, workers, format):
    address, environment = cluster
    words = ["sample", of_classes, "-n", 100, "--seed", 3, "--batch_size", 16, *format]
    assert run(*words, "--out", tmp_path / "plain")[0] == 0
    words += ["--ray", address, "--workers", workers, "--out", tmp_path / "ray"]
    assert finished(words, environment) == (0, f"100 pictures of seed 3: {tmp_path / 'ray'}\n", "")
    assert tree(tmp_path / "ray") == tree(tmp_path / "plain")


@pytest.fixture
def folder(tmp_path):
    for index in range(90):
        write_png(tmp_path / "in" / f"{index % 3}" / f"{index:03d}.png", noise(9 + index % 2, 7, seed=index))
    (tmp_path / "in" / "broken.png").write_bytes(b"no picture")
    return tmp_path / "in"


def test_translations_are_those_of_the_plain_loop(bundles, cluster, run, folder, tmp_path):
    address, environment = cluster
    words = ["translate", bundles["centring"], folder, "--tile", 8]
    assert run(*words, "--out", tmp_path / "plain")[0] == 1
    words += ["--out", tmp_path / "out"]
    code, out, err = finished([*words, "--ray", address, "--workers", 2], environment)
    assert (code, out) == (1, f"90 translated, 0 were there, 1 failed: {tmp_path / 'out'}\n")
    assert err.startswith(f"keras-gen: {folder / 'broken.png'} must be a readable picture.")
    assert len(err.splitlines()) == 1
    assert tree(tmp_path / "out") == tree(tmp_path / "plain")
    (folder / "broken.png").unlink()
    assert finished([*words, "--ray", address], environment)[1].startswith("0 translated, 90 were there, 0 failed")


def test_a_killed_worker_loses_and_repeats_nothing(vae_bundle, run, tmp_path):
    """One of two, by a signal that it cannot catch; on a Ray of the command's own, which listens here alone."""
    words = ["sample", vae_bundle, "-n", PICTURES, "--seed", 5, "--batch_size", 1]
    out = tmp_path / "ray"
    process = start([*words, "--ray", "local", "--workers", 2, "--out", out])
    while len(there := written(out)) < PICTURES // 8:
        assert process.poll() is None, process.communicate()
        time.sleep(0.002)
    victim, *others = workers_of(descendants(process))
    victim.kill()
    addresses = {
        connection.laddr.ip
        for one in [psutil.Process(process.pid), *descendants(process)]
        for connection in sockets(one)
        if connection.status == psutil.CONN_LISTEN
    }
    said, complained = process.communicate()
    assert others
    assert len(there) < PICTURES, "the work was over before the worker was killed"
    assert (process.returncode, said) == (0, f"{PICTURES} pictures of seed 5: {out}\n"), complained
    assert addresses <= {"127.0.0.1", "::ffff:127.0.0.1", "::1"}
    assert run(*words, "--out", tmp_path / "plain")[0] == 0
    assert tree(out) == tree(tmp_path / "plain")
    assert {name: written(out)[name] for name in there} == there


def sockets(process):
    try:
        return process.net_connections(kind="tcp")
    except psutil.Error:
        return []


def written(folder):
    """Picture -> which file it is and when it was written."""
    if not folder.is_dir():
        return {}
    return {
        entry.name: (entry.stat().st_ino, entry.stat().st_mtime_ns)
        for entry in os.scandir(folder)
        if not entry.name.startswith(".")
    }


def test_a_part_that_kills_every_worker_ends_the_work(cluster, tmp_path):
    address, environment = cluster
    program = (
        "import sys; from serving.bulk.ray_data import on_ray; from tests.serving.bulk.deadly import Deadly\n"
        "try:\n"
        "    with on_ray(Deadly(sys.argv[2]), sys.argv[1], 2) as results: list(results)\n"
        "except ChildProcessError as error: print(error)\n"
    )
    words = [sys.executable, "-c", program, address, str(tmp_path)]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout == "a worker must survive part 3 of the work. Received: 4 that did not.\n", done.stderr
    assert len(list(tmp_path.glob("3-*"))) == 4


def test_a_worker_that_cannot_write_says_so_in_one_line(vae_bundle, cluster, tmp_path):
    address, environment = cluster
    (tmp_path / "out" / "0007.png").mkdir(parents=True)
    words = ["sample", vae_bundle, "-n", 20, "--ray", address, "--out", tmp_path / "out"]
    code, out, err = finished(words, environment)
    assert (code, out) == (1, "")
    assert str(tmp_path / "out" / "0007.png") in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--ray", "nowhere"], "--ray must be `local`, or the address of a Ray cluster"),
        (["--workers", "2"], "--workers must be left out without --ray. Received: 2"),
        (["--ray", "local", "--workers", "0"], "`workers` must be at least 1. Received: 0"),
        (["--ray", "local", "--threads", "0"], "`threads` must be an integer of at least 1. Received: 0"),
        (["--ray", "local", "--truncation", "0.5"], "`truncation` must be left out"),
        (["--shard_size", "5"], "--shard-size must be left out without --format npy"),
        (["--format", "jpg"], "--format must be"),
        (["-n", "0"], "`n` must be an integer of at least 1"),
    ],
)
def test_mistakes_are_one_line(vae_bundle, tmp_path, refused, words, message):
    line = refused("sample", vae_bundle, "--out", tmp_path / "out", *words)
    assert message in line
    assert not (tmp_path / "out").exists()


def test_an_address_at_which_nobody_listens(vae_bundle, tmp_path, refused):
    line = refused("sample", vae_bundle, "--out", tmp_path / "out", "--ray", f"127.0.0.1:{free_port()}")
    assert "--ray must be `local`, or the address of a Ray cluster that can be joined" in line


def test_what_is_no_folder_is_refused(vae_bundle, bundles, tmp_path, refused):
    picture = tmp_path / "in" / "a.png"
    write_png(picture, np.zeros((8, 8, 3), np.uint8))
    message = "--ray must be left out unless a folder of pictures is written. Received: local"
    assert message in refused("sample", vae_bundle, "--out", tmp_path / "grid.png", "--ray", "local")
    translate = ["translate", bundles["both"], picture, "--to", "b", "--out", tmp_path / "b.png"]
    assert message in refused(*translate, "--ray", "local")
    assert "--format must be left out for a grid" in refused(
        "sample", vae_bundle, "--out", tmp_path / "grid.png", "--format", "npy"
    )
    elsewhere = tmp_path / "elsewhere"
    line = refused("translate", bundles["both"], picture.parent, "--to", "c", "--out", elsewhere, "--ray", "local")
    assert "translates to a or b. Received: 'c'" in line


def test_without_ray_the_extra_is_named(vae_bundle, tmp_path, refused, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    line = refused("sample", vae_bundle, "--out", tmp_path / "out", "--ray", "local")
    assert "needs the package 'ray': pip install 'keras-gen[ray]'" in line
    assert not (tmp_path / "out").exists()


def test_ray_is_imported_only_when_asked_for(vae_bundle, tmp_path):
    program = (
        "import sys; from keras_gen.cli import main; code = main(sys.argv[1:]);"
        "print({'ray', 'pandas', 'pyarrow', 'tensorflow'} & set(sys.modules)); sys.exit(code)"
    )
    words = ["sample", vae_bundle, "-n", "3", "--out", tmp_path / "out"]
    done = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "set()"

"""What `keras-gen watch` answers."""

from __future__ import annotations

import http.client
import json
import math
import signal
import socket
import subprocess
import sys
from urllib.parse import urlsplit

import pytest

from keras_gen.watch import Runs, watched
from keras_gen.watch.site import FILES, PAGE
from serving import InputError
from tests.watch.written import WrittenRun


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr("keras_gen.watch.runs.PAUSE", 0.0)
    (tmp_path / "runs").mkdir()
    return tmp_path / "runs"


@pytest.fixture
def ask(folder):
    """Asks the site of the folder: status, headers and content."""
    with watched(Runs([folder])) as address:

        def ask(path, method="GET", **headers):
            connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=20)
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            content = answer.read()
            connection.close()
            kind = answer.headers["Content-Type"] or ""
            return answer.status, answer.headers, json.loads(content) if "json" in kind else content

        yield ask


def test_runs_appear_grow_and_go(ask, folder):
    assert ask("/api/runs")[2] == []
    run = WrittenRun(folder / "deep" / "gan", epochs=3)
    (summary,) = ask("/api/runs")[2]
    assert (summary["name"], summary["model"], summary["state"]) == ("deep/gan", "gan", "starting")
    run.epoch(generator_loss=0.5, val_loss=2.0, picture=True)
    run.epoch(generator_loss=0.25)
    run.progress(step=4, figures={"generator_loss": 0.125})
    (later,) = ask("/api/runs")[2]
    assert later["version"] != summary["version"]
    expected = {"epoch": 2, "epochs": 3, "step": 4, "figures": {"generator_loss": 0.125}, "state": "running"}
    assert expected.items() <= later.items()
    details = ask(f"/api/runs/{later['id']}")[2]
    assert details["epochs"] == [1, 2]
    assert details["figures"] == {"generator_loss": [0.5, 0.25], "val_loss": [2.0, None]}
    assert details["config"]["model.latent_dim"] == "32"
    assert details["versions"]["tensorflow"] == "2.21.0"
    ((epoch, _),) = details["pictures"]
    status, headers, content = ask(f"/api/runs/{later['id']}/pictures/{epoch}")
    assert (status, headers["Content-Type"]) == (200, "image/png")
    assert content == (run.folder / "samples" / "epoch_0001.png").read_bytes()
    run.folder.rename(folder.parent / "away")
    assert ask("/api/runs")[2] == []
    assert ask(f"/api/runs/{later['id']}")[0] == 404


def test_alarms_are_those_of_the_training(ask, folder):
    run = WrittenRun(folder / "gan")
    for diversity in (0.4, 0.3, 0.9, math.nan):
        run.epoch(sample_diversity=diversity)
    (summary,) = ask("/api/runs")[2]
    alarms = ask(f"/api/runs/{summary['id']}")[2]["alarms"]
    assert [(alarm["epoch"], alarm["value"]) for alarm in alarms] == [(1, 0.4), (4, None)]
    assert alarms[0]["line"].startswith("alarm after epoch 1: sample_diversity is 0.4 (< 0.5): samples resemble")
    config = run.folder / "config.yaml"
    config.write_text(config.read_text().replace("alarms: null", "alarms: false"))
    assert ask(f"/api/runs/{summary['id']}")[2]["alarms"] == []


def test_files_that_are_written_halfway_break_nothing(ask, folder):
    run = WrittenRun(folder / "gan")
    run.epoch(generator_loss=0.5, picture=True)
    run.epoch(generator_loss=0.25)
    run.progress()
    for name in ("metrics.csv", "config.yaml", "progress.json", "samples/epoch_0001.png"):
        whole = (run.folder / name).read_bytes()
        for length in (0, 1, len(whole) // 2, len(whole) - 2):
            (run.folder / name).write_bytes(whole[:length])
            status, _, (summary,) = ask("/api/runs")
            assert status == 200
            status, _, details = ask(f"/api/runs/{summary['id']}")
            assert status == 200
            assert set(details["figures"].get("generator_loss", [])) <= {0.5, 0.25, 0.2}
        (run.folder / name).write_bytes(b"\xff\0\xfe,\n1,2,3\n")
        assert ask("/api/runs")[0] == ask(f"/api/runs/{summary['id']}")[0] == 200
        (run.folder / name).write_bytes(whole)


def test_only_what_is_of_a_run_is_served(ask, folder):
    run = WrittenRun(folder / "gan")
    (folder / "secret.png").write_bytes(b"secret")
    (run.folder / "samples").mkdir()
    (run.folder / "samples" / "epoch_0001.png").symlink_to(folder / "secret.png")
    (summary,) = ask("/api/runs")[2]
    place = f"/api/runs/{summary['id']}"
    for path in (
        f"{place}/pictures/1",
        f"{place}/pictures/2",
        f"{place}/pictures/../../config.yaml",
        f"{place}/config.yaml",
        "/api/runs/0123456789ab",
        "/../watch/site.py",
        "/%2e%2e/site.py",
        "/page/index.html",
        "/site.py",
        f"/{folder}/secret.png",
    ):
        assert ask(path)[0] == 404, path
    assert ask("/api/runs", method="POST")[0] == 501


def test_other_sites_get_nothing(ask):
    for host in ("evil.example", "127.0.0.1.evil.example", "evil.example:80"):
        status, _, content = ask("/api/runs", Host=host)
        assert (status, b"[" in content) == (421, False)
    for host in ("localhost", "localhost:8000", "127.0.0.1:1", "[::1]:80"):
        assert ask("/api/runs", Host=host)[0] == 200
    _, headers, _ = ask("/")
    assert "Access-Control-Allow-Origin" not in headers
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self';")


def test_the_page_is_what_is_in_its_folder_and_nothing_of_other_hosts(ask):
    assert {file.name for file in PAGE.iterdir()} == set(FILES)
    for name in FILES:
        status, headers, content = ask(f"/{name}")
        assert (status, headers["Content-Type"]) == (200, FILES[name])
        addresses = content.replace(b"http://www.w3.org/2000/svg", b"")
        assert b"//" not in addresses.replace(b"// ", b"") or b"http" not in addresses
    assert ask("/")[2] == ask("/index.html")[2]


def test_runs_that_were_named_have_the_shortest_names_that_differ(folder):
    for name in ("a/gan", "b/gan", "b/vae"):
        WrittenRun(folder / name)
    named = Runs([folder / "a" / "gan", folder / "b" / "gan", folder / "b" / "vae"])
    assert [run.name for run in named.all()] == [str(folder / "a" / "gan"), str(folder / "b" / "gan"), "vae"]
    assert [run.name for run in Runs([folder]).all()] == ["a/gan", "b/gan", "b/vae"]
    twice = Runs([folder / "b", folder / "b" / "vae"])
    assert [run.name for run in twice.all()] == ["gan", "vae"]


def test_a_place_that_is_no_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match="no such folder"):
        Runs([tmp_path / "nowhere"])


def test_the_command_says_where_it_is_imports_no_tensorflow_and_ends_with_ctrl_c(folder):
    program = (
        "import sys\n"
        "from keras_gen.cli import main\n"
        "code = main(sys.argv[1:])\n"
        "print([name for name in ('tensorflow', 'keras', 'wandb', 'mlflow') if name in sys.modules])\n"
        "sys.exit(code)\n"
    )
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    process = subprocess.Popen(
        [sys.executable, "-c", program, "watch", folder],
        **pipes,
        # Started in the background by a shell, the tests and their children ignore SIGINT.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    try:
        first = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        last, said = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130, said
    assert first.startswith("open: http://127.0.0.1:")
    assert last == "[]\n"
    assert said == "keras-gen: stopped.\n"


def test_a_port_that_is_taken_is_one_line(folder, capfd):
    from keras_gen.cli import main

    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert main(["watch", str(folder), "--port", str(taken.getsockname()[1])]) == 1
    assert "Address already in use" in capfd.readouterr().err
    assert main(["watch", str(folder), "--port", "70000"]) == 2
    assert main(["watch", str(folder / "nowhere")]) == 2
    assert [len(line.split("Received:")) for line in capfd.readouterr().err.splitlines()] == [2, 2]

"""The logic of `benchmarks/gpu.py` on the CPU, with a process that stands in for PyTorch."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from gpu import parts, run_all
from on_gpu import timing
from on_gpu.budget import Clock, Part, run_parts, run_process
from on_gpu.networks import Bound, ways
from on_gpu.parity import difference, made, measure
from on_gpu.timing import Peer, Side, timed

from serving import Settings

STAND_IN = """
import sys
import time
print("eager; compiled; broken, bfloat16", flush=True)
for line in sys.stdin:
    runs, way = line.strip().split(" ", 1)
    if way == "endless":
        time.sleep(60)
    print("no compiler" if "broken" in way else {"eager": 0.5, "compiled": 0.25}[way], flush=True)
"""


@pytest.fixture
def peer(tmp_path):
    (tmp_path / "torch_stand_in.py").write_text(STAND_IN)
    started = Peer([sys.executable, str(tmp_path / "torch_stand_in.py")])
    yield started
    started.close()


@pytest.fixture(scope="module")
def folder(vae_bundle, bundles, of_classes, tmp_path_factory):
    """Bundles of several kinds."""
    place = tmp_path_factory.mktemp("of_every_kind")
    for name, bundle in (("vae", vae_bundle), ("translator", bundles["both"]), ("of_classes", of_classes)):
        shutil.copytree(bundle, place / name)
    return place


def test_time_that_a_part_does_not_need_is_left_to_the_others():
    now = [0.0]
    given = {}

    def run(part, seconds):
        given[part.name] = seconds
        now[0] += {"quick": 1, "slow": seconds, "failing": 2}[part.name]
        return {"quick": 0, "slow": None, "failing": 3}[part.name]

    of_parts = [Part("quick", 0.5, []), Part("slow", 0.25, []), Part("failing", 0.25, [])]
    said = run_parts(of_parts, Clock(101, lambda: now[0]), run)
    assert given == {"quick": 50.5, "slow": 50, "failing": 50}
    assert said == [
        "slow: ended after 50 s, what it had not begun by then is left out",
        "failing: ended with code 3",
    ]


def test_a_process_is_ended_with_all_that_it_started(tmp_path):
    """It is told when to begin nothing new; this one does not listen."""
    deaf = ["/bin/sh", "-c", f"sleep 60 & echo $! > {tmp_path}/started; wait"]
    assert run_process(Part("deaf", 1, deaf), 1) is None
    started = Path("/proc") / (tmp_path / "started").read_text().strip() / "stat"
    while started.exists() and started.read_text().split()[2] != "Z":
        """It is ended at once, but not by the time that the signal is sent."""
    listening = ["/bin/sh", "-c", 'test "$1 $2" = "--seconds 8"', "sh"]
    assert run_process(Part("listening", 1, listening), 10) == 0


def test_pictures_differ_by_grey_levels_and_codes_by_their_scale():
    expected = {"sample": np.full((2, 4, 4, 1), 100, np.uint8), "encode": np.array([[4.0, -10.0]])}
    apart = {"sample": expected["sample"].copy(), "encode": expected["encode"] + 0.1}
    apart["sample"][1] += 2
    assert difference(expected, expected) == (0, float("inf"), 0)
    assert difference(apart, expected) == pytest.approx((2, 10 * np.log10(255**2 / 4), 0.01))
    broken = {"encode": np.array([[np.nan, 0]])}
    assert difference(broken, expected) == (float("inf"), float("-inf"), float("inf"))


def test_every_kind_does_what_it_can(folder):
    able = {name: {key.split()[0] for key in made(folder / name, Settings("cpu"))} for name in ("vae", "of_classes")}
    assert able == {key: {"sample", "encode", "reconstruct"} for key in ("vae", "of_classes")}
    assert set(made(folder / "translator", Settings("cpu"))) >= {"to a", "to b"}


def test_fixed_batches_make_the_same_as_the_reference(folder, capsys):
    assert measure(folder, 60) == 0
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith("| ") and "cpu" in line]
    assert rows == [f"| {name} | cpu | yes | 0 | equal | 0e+00 |  |" for name in ("of_classes", "translator", "vae")]


def test_a_bundle_in_16_bits_is_judged_by_the_one_beside_it(folder, tmp_path, capsys):
    """Another model's is far from it."""
    shutil.copytree(folder / "vae", tmp_path / "one")
    shutil.copytree(folder / "vae", tmp_path / "one_fp16")
    assert measure(tmp_path, 60) == 0
    assert "| one_fp16 | cpu | no | 0 | equal |" in capsys.readouterr().out
    (tmp_path / "one_fp16" / "decoder.onnx").write_bytes(b"")
    assert measure(tmp_path, 60) == 2
    assert "failed: " in capsys.readouterr().out


def test_what_there_is_no_time_for_is_named(folder, capsys):
    measure(folder, 0)
    assert "left out for want of time: of_classes on cpu, translator on cpu, vae on cpu" in capsys.readouterr().out


def test_ways_are_those_of_the_providers(tmp_path):
    names = [way.name for way in ways(["cpu", "cuda", "tensorrt"], sixteen=False, half=True, cache=tmp_path)]
    assert names == [
        *("cpu", "cuda", "cuda, graphs"),
        *("tensorrt", "tensorrt, half", "tensorrt, graphs", "tensorrt, graphs, half"),
    ]
    found = {way.name: way for way in ways(["cpu", "cuda"], sixteen=True, half=False, cache=tmp_path)}
    graphs = found["cuda, graphs, fp16 bundle"]
    assert (graphs.options, graphs.graphs, graphs.short) == ({"enable_cuda_graph": "1"}, True, True)
    assert (found["cuda"].graphs, found["cuda"].short) == (False, False)


def test_a_network_at_fixed_places_makes_what_a_session_makes(vae_bundle, tmp_path):
    latents = np.random.default_rng(0).normal(size=(5, 2)).astype(np.float32)
    bound = Bound(vae_bundle / "decoder.onnx", ways(["cpu"], False, False, tmp_path)[0], {"latent": latents}, "image")
    assert bound.seconds(3) > 0
    np.testing.assert_array_equal(bound.pictures(), bound.session.run(["image"], {"latent": latents})[0])


def test_a_peer_answers_or_says_why_not(peer):
    assert peer.ways == ["eager", "compiled", "broken, bfloat16"]
    assert peer.seconds("compiled", 7) == 0.25
    with pytest.raises(RuntimeError, match="no compiler"):
        peer.seconds("broken, bfloat16", 1)


def test_a_peer_that_takes_too_long_is_started_anew(peer):
    with pytest.raises(RuntimeError, match="left out for want of time"):
        peer.seconds("endless", 1, limit=0.1)
    assert peer.seconds("eager", 1) == 0.5


def test_a_peer_that_does_not_start_has_no_ways():
    gone = Peer([sys.executable, "-c", "import a_package_that_is_not_there"])
    assert gone.ways == []
    with pytest.raises(RuntimeError, match="has ended"):
        gone.seconds("eager", 1)
    gone.close()


def side(name, seconds, ours=True, short=False):
    return Side(name, ours, short, lambda _: (lambda runs: seconds, "50.0" if ours else ""))


def test_rows_are_compared_with_our_fastest_of_as_many_bits(peer):
    sides = [
        *(side("cpu", 1.0), side("cuda", 0.2), side("cuda, fp16 bundle", 0.1, short=True)),
        *timing._theirs(peer),
        side("compiled, float16", 0.05, ours=False, short=True),
    ]
    rows = [row.split(" | ") for row in timed(sides, Clock(60), 60, rounds=4)]
    assert {row[0]: row[2:4] for row in rows if "broken" not in row[0]} == {
        "| ours: cpu": ["1000.00", "0.200"],
        "| ours: cuda": ["200.00", "1.000"],
        "| ours: cuda, fp16 bundle": ["100.00", "1.000"],
        "| PyTorch: eager": ["500.00", "0.400"],
        "| PyTorch: compiled": ["250.00", "0.800"],
        "| PyTorch: compiled, float16": ["50.00", "2.000"],
    }
    assert rows[5][:2] == ["| PyTorch: broken, bfloat16", "failed: no compiler"]


def test_nothing_is_opened_when_the_time_is_over():
    rows = timed([side("cpu", 1.0), side("eager", 1.0, ours=False)], Clock(0), 60)
    assert rows == [f"| {name} | left out for want of time | | | |" for name in ("ours: cpu", "PyTorch: eager")]


def test_without_a_gpu_there_is_no_tf32_to_leave_out(tmp_path):
    of_both = {on_gpu: parts(tmp_path, "python", False, on_gpu) for on_gpu in (False, True)}
    assert [part.name for part in of_both[False]] == ["parity", "sampling", "translation"]
    assert [part.environment for part in of_both[True]] == [{}, {"NVIDIA_TF32_OVERRIDE": "0"}, {}, {}]


def test_the_whole_runs_without_a_gpu_and_without_torch(vae_bundle, tmp_path, capfd):
    """Networks that are not there are left out."""
    shutil.copytree(vae_bundle, tmp_path / "timed_dcgan")
    assert run_all(tmp_path, "/bin/false", half=False, minutes=2) == 0
    said = capfd.readouterr().out
    for words in (
        "no GPU; ",
        "| timed_dcgan | cpu | yes | 0 | equal |",
        "PyTorch does not start here and is left out",
        "| ours: cpu | ",
        "| ours: the whole call, with noise and copies | ",
        "translation: left out, there is no ",
        "all parts ended in their time",
    ):
        assert words in said

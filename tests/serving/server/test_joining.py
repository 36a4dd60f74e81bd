"""Rows of requests that wait are computed together, and everybody gets those that are theirs."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import TensorProto

import export
import serving
from serving import Settings
from serving.server.batching.options import Batching
from serving.server.catalogue import Catalogue
from serving.server.engine import Engine
from serving.server.limits import Limits
from serving.server.refusals import RefusedError
from serving.server.requests import Request
from tests import handmade, translators
from tests.export.foreign.onnx_graphs import modulated
from tests.serving.languages import toys
from tests.serving.server.engines import PATIENCE, Answer, ask, gated, served


def rows(*numbers):
    return {"x": np.repeat(np.array(numbers, np.float32)[:, None], 4, axis=1)}


def products(*numbers):
    return rows(*numbers)["x"] @ handmade.NUMBERS


@pytest.fixture(scope="module")
def product(tmp_path_factory):
    return handmade.write(tmp_path_factory.mktemp("product") / "b", {"net": handmade.product(handmade.inside())})


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    return toys.plain(tmp_path_factory.mktemp("toy") / "b")


@pytest.fixture(scope="module")
def translating(tmp_path_factory):
    return translators.write_bundles(tmp_path_factory.mktemp("translators"))


def labels(*numbers):
    return np.array(numbers)[:, None]


def test_a_network_of_one_example_is_given_one_at_a_time(tmp_path):
    bundle = export.bundle_networks(tmp_path / "one", decoder=modulated())
    latents = np.random.default_rng(0).normal(size=(3, 8)).astype(np.float32)
    with served({"one": bundle}) as engine:
        gate = gated(engine.catalogue, "one/decoder")
        answers = [ask(engine, "decoder", {"latent": latents[row : row + 1]}) for row in range(3)]
        gate.open()
        made = np.concatenate([answer.outputs()["image"] for answer in answers])
        assert [gate.began() for _ in answers] == [1, 1, 1]
        with pytest.raises(RefusedError, match=r"`latent` must have the shape \(1, 8\). Received: \(2, 8\)"):
            ask(engine, "decoder", {"latent": latents[:2]})
    np.testing.assert_array_equal(made, serving.load(bundle, "cpu").decode(latents))


def test_what_waits_while_a_batch_is_computed_is_the_next_batch(product):
    with served({"b": product}) as engine:
        gate = gated(engine.catalogue, "b/net")
        first = ask(engine, "net", rows(1))
        assert gate.began() == 1  # nobody waits where nothing is computed
        others = [ask(engine, "net", rows(number, 10), client=str(number)) for number in (2, 3, 4)]
        gate.open()
        assert gate.began() == 6
        np.testing.assert_array_equal(first.outputs()["y"], products(1))
        for number, other in zip((2, 3, 4), others, strict=True):
            np.testing.assert_array_equal(other.outputs()["y"], products(number, 10))
            assert other.outcome().timing.rows == 6


def test_a_large_request_is_computed_in_parts_with_small_ones_in_between(product):
    with served({"b": product}, max_batch_size=4) as engine:
        gate = gated(engine.catalogue, "b/net")
        large = ask(engine, "net", rows(*range(10)), client="large")
        assert gate.began() == 4
        small = ask(engine, "net", rows(77), client="small")
        gate.through()
        assert gate.began() == 4  # three of the large one's, and one that came later
        gate.through()
        np.testing.assert_array_equal(small.outputs()["y"], products(77))
        assert not large.there
        gate.open()
        np.testing.assert_array_equal(large.outputs()["y"], products(*range(10)))
        assert gate.batches == [4, 4, 3]


def test_large_and_small_requests_of_one_client_take_turns_too(product):
    with served({"b": product}, max_batch_size=4) as engine:
        gate = gated(engine.catalogue, "b/net")
        large = ask(engine, "net", rows(*range(10)))
        gate.began()
        small = ask(engine, "net", rows(77))
        gate.through()
        gate.began()
        gate.through()
        np.testing.assert_array_equal(small.outputs()["y"], products(77))
        assert not large.there
        gate.open()
        large.outputs()


def test_a_batch_that_is_not_full_waits_for_more_rows_while_another_is_computed(product):
    """Two workers: the second begins when the batch is full, long before the waiting time is over."""
    with served({"b": product}, 2, max_batch_size=3, batching=Batching(wait=1000.0, seconds=1e9)) as engine:
        gate = gated(engine.catalogue, "b/net")
        ask(engine, "net", rows(1))
        gate.began()
        two = [ask(engine, "net", rows(number)) for number in (2, 3)]
        assert gate.batches == [1]
        ask(engine, "net", rows(4))
        assert gate.began() == 3
        gate.open()
        np.testing.assert_array_equal(two[1].outputs()["y"], products(3))


def test_a_batch_that_stays_small_begins_after_its_waiting_time(product):
    with served({"b": product}, 2, batching=Batching(wait=0.01, seconds=1e9)) as engine:
        gate = gated(engine.catalogue, "b/net")
        ask(engine, "net", rows(1))
        gate.began()
        second = ask(engine, "net", rows(2))
        assert gate.began() == 1
        assert not second.there
        gate.open()
        assert second.outcome().timing.queued >= 0.01


def test_a_network_may_be_joined_otherwise_than_the_rest(product):
    with served({"b": product}, own={"b/net": Batching(rows=2, seconds=1e9)}) as engine:
        gate = gated(engine.catalogue, "b/net")
        answer = ask(engine, "net", rows(*range(5)))
        gate.open()
        np.testing.assert_array_equal(answer.outputs()["y"], products(*range(5)))
        assert gate.batches == [2, 2, 1]


def test_pictures_of_different_sizes_are_not_joined(translating):
    with served({"t": translating["inverting"]}, max_batch_size=8) as engine:
        gate = gated(engine.catalogue, "t/a_to_b")
        pictures = [translators.noise(*size, seed=number) for number, size in enumerate([(16, 16), (8, 12), (16, 16)])]
        first = ask(engine, "a_to_b", {"image": pictures[0][None]})
        gate.began()
        answers = [ask(engine, "a_to_b", {"image": picture[None]}, client=str(picture.shape)) for picture in pictures]
        gate.open()
        for picture, answer in zip([pictures[0], *pictures], [first, *answers], strict=True):
            np.testing.assert_array_equal(answer.outputs()["translation"][0], 255 - picture)
        assert gate.batches == [1, 2, 1]


def test_samples_of_different_seeds_are_decoded_together(toy):
    def inputs(seed, n, start):
        return {
            "seed": np.array([seed]),
            "n": np.array([n]),
            "start": np.array([start]),
            "truncation": np.array([np.inf], np.float32),
            "label": labels(*[0] * n),
        }

    with served({"toy": toy}, max_batch_size=8) as engine:
        noise, decoder = gated(engine.catalogue, "toy/noise", "toy/decoder")
        answers = [ask(engine, "sample", inputs(seed, 2, seed), client=str(seed)) for seed in (1, 2, 3)]
        noise.open()
        decoder.open()
        for seed, answer in zip((1, 2, 3), answers, strict=True):
            expected = toys.expected([seed, seed + 1], seed, [0, 0])
            np.testing.assert_array_equal(answer.outputs()["image"], expected)
        assert sum(decoder.batches) == 6
        assert len(decoder.batches) < 3  # those behind the first were drawn in one go


def test_a_large_sample_is_drawn_and_decoded_in_parts(toy):
    with served({"toy": toy}, max_batch_size=4) as engine:
        n, label = 11, np.arange(11) % 2
        inputs = {"seed": np.array([3]), "n": np.array([n]), "start": np.array([5])}
        inputs |= {"truncation": np.array([6.0], np.float32), "label": labels(*label)}
        made = ask(engine, "sample", inputs).outputs()["image"]
        np.testing.assert_array_equal(made, toys.expected(range(5, 16), 3, label, truncation=6.0))


def test_pictures_are_reconstructed_by_both_networks_one_after_the_other(toy):
    """The toy's code of a picture is the level of its first pixel, from which the decoder counts on."""
    with served({"toy": toy}) as engine:
        image = toys.expected([7, 9], 0, [1, 0])
        made = ask(engine, "reconstruct", {"image": image, "label": labels(1, 0)}).outputs()
        assert list(made) == ["reconstruction"]
        np.testing.assert_array_equal(made["reconstruction"], image)


def sampler():
    """What `noise` and `decoder` of the toy make together."""
    noise, decoder = toys.noise(), toys.decoder()
    nodes = [*noise.graph.node, *decoder.graph.node]
    merged = toys.model([], {}, {}, {})
    merged.graph.node.extend(nodes)
    stored = {each.name: each for each in [*noise.graph.initializer, *decoder.graph.initializer]}
    stored["start"] = toys.numpy_helper.from_array(np.array(0), "start")
    merged.graph.initializer.extend(stored.values())
    taken = [each for each in [*noise.graph.input, *decoder.graph.input] if each.name not in ("start", "latent")]
    merged.graph.input.extend(taken)
    merged.graph.output.extend(decoder.graph.output)
    return merged


def test_the_sampler_makes_what_its_file_makes_without_being_opened(tmp_path):
    graphs = {"noise": toys.noise(), "decoder": toys.decoder(), "sampler": sampler()}
    with served({"toy": toys.write(tmp_path / "b", graphs)}, max_batch_size=2) as engine:
        sessions = engine.catalogue.bundles["toy"].opened.sessions
        inputs = {
            "seed": np.array(4),
            "n": np.array(5),
            "truncation": np.array(3.0, np.float32),
            "label": np.arange(5) % 3,
        }
        asked = {name: array.reshape(-1, 1) if name == "label" else array.reshape(1) for name, array in inputs.items()}
        gate = gated(engine.catalogue, "toy/decoder")
        gate.open()
        made = ask(engine, "sampler", asked).outputs()["image"]
        assert gate.batches == [2, 2, 1]
        (expected,) = sessions.of("sampler").every(inputs, ["image"])
        np.testing.assert_array_equal(made, expected)
        np.testing.assert_array_equal(made, toys.expected(range(5), 4, np.arange(5) % 3, truncation=3.0))


def test_only_what_is_wanted_is_given_in_the_shapes_of_the_protocol(toy):
    with served({"toy": toy}) as engine:
        image = toys.expected([7], 0, [1])
        mean = ask(engine, "encoder", {"image": image, "label": labels(1)}, outputs=["mean"]).outputs()
        np.testing.assert_array_equal(mean["mean"], [[7, 0]])


def test_answers_of_a_batch_that_go_the_same_way_are_posted_in_one_call(product):
    posted = []

    def post(answers):
        posted.append(len(answers))
        for done, outcome in answers:
            done(outcome)

    with served({"b": product}) as engine:
        gate = gated(engine.catalogue, "b/net")
        blocking = ask(engine, "net", rows(0))
        gate.began()
        answers = [ask(engine, "net", rows(number), client=str(number), post=post) for number in range(5)]
        gate.open()
        for number, answer in enumerate(answers):
            np.testing.assert_array_equal(answer.outputs()["y"], products(number))
        blocking.outputs()
        assert posted == [5]


def test_a_done_that_raises_does_not_keep_others_from_their_answers(product):
    def done(outcome):
        raise RuntimeError("the event loop is closed")

    with served({"b": product}) as engine:
        engine.submit(Request(engine.catalogue.find("net"), rows(1)), done)
        np.testing.assert_array_equal(ask(engine, "net", rows(2)).outputs()["y"], products(2))


def test_arrays_that_do_not_lie_in_order_are_taken(product):
    """As they come out of a message: at an odd place, or a column of something larger."""
    content = b"\0" + rows(1, 2)["x"].tobytes()
    odd = np.frombuffer(content, np.float32, offset=1).reshape(2, 4)
    assert not odd.flags.aligned
    across = np.asfortranarray(rows(1, 2)["x"])
    with served({"b": product}) as engine:
        for array in (odd, across):
            np.testing.assert_array_equal(ask(engine, "net", {"x": array}).outputs()["y"], products(1, 2))


def convolutional(generator):
    """As DCGAN: a dense layer, then transposed convolutions, to uint8 pictures of 16x16."""
    nodes = [
        ("MatMul", ["latent", "dense"], ["flat"]),
        ("Reshape", ["flat", "shape"], ["small"]),
        ("ConvTranspose", ["small", "first"], ["middle"], {"strides": [2, 2], "pads": [1, 1, 1, 1]}),
        ("Relu", ["middle"], ["above"]),
        ("ConvTranspose", ["above", "second"], ["large"], {"strides": [2, 2], "pads": [1, 1, 1, 1]}),
        *as_bytes("large", "levels"),
        ("Transpose", ["levels"], ["image"], {"perm": [0, 2, 3, 1]}),
    ]
    constants = {"dense": draw(generator, 20, 16 * 32), "shape": np.array([-1, 32, 4, 4]), **LEVELS}
    constants |= {"first": draw(generator, 32, 24, 4, 4), "second": draw(generator, 24, 3, 4, 4)}
    return toys.model(nodes, floats("latent", 20), {"image": (TensorProto.UINT8, ["n", 16, 16, 3])}, constants)


def dense(generator):
    """Two dense layers: one row is a product of a vector, many are one of a matrix."""
    nodes = [("Gemm", ["x", "first", "bias"], ["middle"]), ("Relu", ["middle"], ["above"])]
    nodes += [("MatMul", ["above", "second"], ["y"])]
    constants = {"first": draw(generator, 100, 333), "bias": draw(generator, 333), "second": draw(generator, 333, 50)}
    return toys.model(nodes, floats("x", 100), floats("y", 50), constants)


def translator(generator):
    """Convolutions and a normalization by a picture's own statistics."""
    nodes = [
        ("Cast", ["image"], ["pixels"], {"to": TensorProto.FLOAT}),
        ("Transpose", ["pixels"], ["channels"], {"perm": [0, 3, 1, 2]}),
        ("Conv", ["channels", "first"], ["middle"], {"pads": [1, 1, 1, 1]}),
        ("InstanceNormalization", ["middle", "scale", "bias"], ["normal"]),
        ("Conv", ["normal", "second"], ["made"], {"pads": [1, 1, 1, 1]}),
        *as_bytes("made", "levels"),
        ("Transpose", ["levels"], ["translation"], {"perm": [0, 2, 3, 1]}),
    ]
    constants = {"first": draw(generator, 16, 3, 3, 3), "second": draw(generator, 3, 16, 3, 3), **LEVELS}
    constants |= {"scale": np.ones(16, np.float32), "bias": np.zeros(16, np.float32)}
    pictures = (TensorProto.UINT8, ["n", 24, 32, 3])
    return toys.model(nodes, {"image": pictures}, {"translation": pictures}, constants)


LEVELS = {"tens": np.array(10, np.float32), "grey": np.array(128, np.float32)}
LEVELS |= {"black": np.array(0, np.float32), "white": np.array(255, np.float32)}


def as_bytes(name, made):
    return [
        ("Mul", [name, "tens"], [f"{name}_scaled"]),
        ("Add", [f"{name}_scaled", "grey"], [f"{name}_moved"]),
        ("Clip", [f"{name}_moved", "black", "white"], [f"{name}_clipped"]),
        ("Cast", [f"{name}_clipped"], [made], {"to": TensorProto.UINT8}),
    ]


def floats(name, size):
    return {name: (TensorProto.FLOAT, ["n", size])}


def draw(generator, *shape):
    return generator.standard_normal(shape).astype(np.float32)


KINDS = {"convolutional": convolutional, "dense": dense, "translator": translator}


@pytest.mark.parametrize("kind", KINDS)
def test_results_are_the_same_bytes_alone_and_in_any_company(tmp_path, kind):
    """On the CPU, with one thread for each network, ONNX Runtime computes a row as if it were alone."""
    generator = np.random.default_rng(0)
    place = toys.write(tmp_path / "b", {"net": KINDS[kind](generator)})
    with served({"b": place}, 2, max_batch_size=16) as engine:
        plan = engine.catalogue.find("net").plan
        (name, tensor), (made,) = next(iter(plan.inputs.items())), plan.outputs
        if tensor.dtype == "uint8":
            every = generator.integers(0, 256, (37, *tensor.axes[1:]), np.uint8)
        else:
            every = draw(generator, 37, *tensor.axes[1:])
        alone = [ask(engine, "net", {name: row[None]}).outputs()[made] for row in every]
        assert len({one.tobytes() for one in alone}) == len(every)
        together = np.concatenate(alone)
        for sizes in ([37], [1, 2, 3, 5, 7, 8, 11], [16, 17, 4], [1] * 37):
            starts = np.cumsum([0, *sizes[:-1]])
            pieces = [slice(start, start + size) for start, size in zip(starts, sizes, strict=True)]
            answers = [ask(engine, "net", {name: every[piece]}, client=str(piece)) for piece in pieces]
            for piece, answer in zip(pieces, answers, strict=True):
                np.testing.assert_array_equal(answer.outputs()[made], together[piece])


def test_a_request_that_comes_before_the_networks_are_open_is_answered(product):
    engine = Engine(Catalogue({"b": product}, Settings("cpu")), Limits(), 1)
    answer = Answer()
    engine.submit(Request(engine.catalogue.find("net"), rows(5)), answer)
    np.testing.assert_array_equal(answer.outputs()["y"], products(5))
    assert engine.wait_until_ready(PATIENCE)
    assert engine.drain(10.0)
    assert not engine.ready

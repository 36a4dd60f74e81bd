"""Which models are served under which names."""

from __future__ import annotations

import pytest

from serving import Settings
from serving.common.errors import InputError
from serving.server.batching.options import Batching
from serving.server.catalogue import Catalogue
from serving.server.engine import Engine
from serving.server.limits import Limits
from serving.server.refusals import Reason, RefusedError
from tests import handmade
from tests.serving.languages import toys


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    place = tmp_path_factory.mktemp("bundles")
    return {
        "toy": toys.plain(place / "toy"),
        "other": toys.plain(place / "other"),
        "product": handmade.write(place / "product", {"net": handmade.product(handmade.inside())}),
    }


def test_every_network_and_ensemble_is_served_under_the_name_of_its_bundle(places):
    catalogue = Catalogue({"toy": places["toy"], "product": places["product"]}, Settings("cpu"))
    names = [served.name for served in catalogue.served()]
    models = ["classifier", "decoder", "encoder", "noise", "reconstruct", "sample"]
    assert names == ["product/net", *(f"toy/{model}" for model in models)]
    assert [served.ensemble is not None for served in catalogue.served()] == [False] * 5 + [True, True]


@pytest.mark.parametrize(
    ("name", "version", "found"),
    [
        ("toy/decoder", "", "toy/decoder"),
        ("toy/decoder", "1", "toy/decoder"),
        ("net", "", "product/net"),
        ("net", "1", "product/net"),
    ],
)
def test_a_model_is_found_by_its_name_alone_where_one_bundle_has_it(places, name, version, found):
    assert Catalogue(places, Settings("cpu")).find(name, version).name == found


@pytest.mark.parametrize(
    ("name", "version"), [("decoder", ""), ("net", "2"), ("toy/net", ""), ("toy", ""), ("", ""), ("toy/decoder", "01")]
)
def test_what_is_not_there_or_of_two_bundles_is_not_found(places, name, version):
    with pytest.raises(RefusedError) as refusal:
        Catalogue(places, Settings("cpu")).find(name, version)
    assert refusal.value.reason is Reason.NOT_FOUND


def test_a_server_without_bundles_is_refused():
    with pytest.raises(InputError, match="at least|must have a bundle"):
        Catalogue({}, Settings("cpu"))


def test_how_rows_are_joined_is_said_of_networks_that_are_there(places):
    catalogue = Catalogue({"product": places["product"]}, Settings("cpu"))
    with pytest.raises(InputError, match="networks that are served. Received: 'product/nett'"):
        Engine(catalogue, Limits(), own={"product/nett": Batching()})
    with pytest.raises(InputError, match="`rows` must be an integer of at least 1"):
        Batching(rows=0)
    with pytest.raises(InputError, match="`wait` must be at least 0"):
        Batching(wait=-1.0)
    with pytest.raises(InputError, match="`threads` must be an integer of at least 1"):
        Engine(catalogue, Limits(), 0)

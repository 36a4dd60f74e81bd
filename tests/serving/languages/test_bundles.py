"""The corpus of `tests/bundles`, of which every language must say the same."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from serving import InputError, Manifest
from serving.bundle import names, operators
from serving.bundle.safety import check_network
from serving.bundle.schema import SCHEMA
from serving.bundle.verified import read_verified
from serving.translation.translator import direction_to
from tests.bundles import corpus
from tests.bundles.layouts import LAYOUTS
from tests.bundles.tables import TABLES

MANIFESTS, NETWORKS = corpus.manifests(), corpus.networks()
# JSON Schema has no words for what is no JSON, too large or too deep.
WITHIN_JSON = [case for case in MANIFESTS if case.expected.get("refused") not in ("document", "file")]
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


class Python:
    """Serving's own readers, in the form of the others."""

    def refusals(self, folders: list[Path], files: bool) -> list[str]:
        return [self.refusal(folder, files) for folder in folders]

    def refusal(self, folder: Path, files: bool) -> str:
        try:
            manifest = Manifest.read(folder)
            for network in manifest.networks.values() if files else ():
                beside = {} if network.weights is None else {network.weights.file: network.weights.size}
                check_network(read_verified(folder, network), beside, folder / network.file)
                if network.weights is not None:
                    read_verified(folder, network.weights)
        except InputError as error:
            return str(error)
        return ""


@pytest.fixture(scope="module", params=["python", "sanitized", "node"])
def reader(request, language_of):
    """A language that reads bundles; C++ with sanitizers."""
    return Python() if request.param == "python" else language_of(request.param)


@pytest.fixture(scope="module")
def said(reader, tmp_path_factory):
    """Case -> what a language says of it, empty where it accepts; asked once for all of them."""
    place = tmp_path_factory.mktemp("corpus")
    messages: dict[str, str] = {}
    for kind, cases in (("manifests", MANIFESTS), ("networks", NETWORKS)):
        folders = [place / f"{kind}{index}" for index in range(len(cases))]
        for case, folder in zip(cases, folders, strict=True):
            case.write(folder)
        answers = reader.refusals(folders, files=kind == "networks")
        messages |= {case.name: answer for case, answer in zip(cases, answers, strict=True)}
    return messages


@pytest.mark.parametrize("case", [*MANIFESTS, *NETWORKS], ids=lambda case: case.name)
def test_every_language_says_the_same(said, case):
    case.check(said[case.name])


def test_every_language_follows_the_same_links(reader, tmp_path):
    places = {name: tmp_path / str(number) for number, name in enumerate(LAYOUTS)}
    for place in places.values():
        place.mkdir()
    folders = [make(places[name]) for name, (make, _) in LAYOUTS.items()]
    for (name, (_, expected)), message in zip(LAYOUTS.items(), reader.refusals(folders, files=True), strict=True):
        assert expected in message, name
        assert bool(message) == bool(expected), name


@pytest.mark.parametrize("case", WITHIN_JSON, ids=lambda case: case.name)
def test_the_schema_says_the_same(case):
    refused = case.expected.get("refused")
    errors = list(VALIDATOR.iter_errors(json.loads(case.files["manifest.json"])))
    assert bool(errors) == bool(refused)
    if refused and case.expected.get("schema") != "elsewhere":
        # Of an array, readers name the whole.
        paths = [["manifest", *(key for key in error.absolute_path if isinstance(key, str))] for error in errors]
        assert {".".join(path) for path in paths} == {refused}


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("file", TABLES, ids=lambda file: file.name)
def test_tables_of_other_languages_are_those_of_the_schema(file):
    assert file.read_text(encoding="utf-8") == TABLES[file]()


def test_names_that_readers_look_for_are_those_of_the_schema():
    stated = SCHEMA["x-names"]
    values = {value for name, value in vars(names).items() if name.isupper() and isinstance(value, str)}
    directions = {direction_to(domain) for domain in "ab"}
    networks = {names.NOISE, names.DECODER, names.SAMPLER, names.ENCODER, names.CLASSIFIER, names.TO_CLASS}
    translating = {names.TO_CLASS, *directions}
    assert set(stated["networks"]) == networks | directions | {f"{name}_tile" for name in translating}
    assert set(stated["tensors"]) == values - networks
    for name in stated["tensors"]:
        older = stated["older"].get(name, name)
        assert names.name_in({older}, name) == older
        assert names.name_in({older, name}, name) == name


def test_the_operators_are_onnx_own():
    import onnx

    known = {schema.name for schema in onnx.defs.get_all_schemas() if schema.domain == ""}
    assert known >= operators.ALLOWED

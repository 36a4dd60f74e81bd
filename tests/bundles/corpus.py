"""The corpus: manifests and networks, each with what every language must say of it.

A case of `manifests/` is a document of `documents.json` with changes, or a text or bytes of its own:

- `base`: `minimal` by default, or `full`;
- `set`, `remove`: places, keys joined by `/`, with values, or without;
- `raw`: values as they are written, which JSON cannot hold; `deep`: objects inside one another, how many;
- `repeat`: how often the first entry of an object or array is there;
- `text`, `times`, `hex`: the whole document; `bytes`: its size, spaces at the end included.

A case of `networks.json` has a `network` in the text format of Protocol Buffers, or `hex`; what the file beside it
holds, if there is one (`weights`, in hex); and what happens after the manifest was written (`damage`).

`refused` is the place of the entry that a reader names: `document` for the whole one, `file` for the manifest's file,
a place in the manifest, or a file of the bundle. `lacks` is the entry that is missing there, and `says` a part of the
message. `schema` is `elsewhere` where JSON Schema finds other mistakes too, or finds this one at another place.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from google.protobuf import text_format
from onnx import ModelProto

HERE = Path(__file__).parent
DOCUMENTS = json.loads((HERE / "documents.json").read_text(encoding="utf-8"))
MANIFESTS = {file.stem: json.loads(file.read_text()) for file in sorted((HERE / "manifests").glob("*.json"))}
NETWORKS = json.loads((HERE / "networks.json").read_text())
DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "cut": lambda content: content[:-1],
    "longer": lambda content: content + b"\0",
    "altered": lambda content: content[:-1] + bytes([content[-1] ^ 1]),
    "linked": lambda content: content,
}


@dataclass(frozen=True)
class Case:
    """One bundle: its files by name, and what is expected of readers."""

    name: str
    files: dict[str, bytes]
    expected: dict[str, Any]
    link: str | None = None

    def write(self, folder: Path) -> None:
        """The bundle as a folder."""
        folder.mkdir()
        for name, content in self.files.items():
            (folder / name).write_bytes(content)
        if self.link:
            target = (folder / self.link).rename(folder.parent / f"{folder.name}.{self.link}")
            (folder / self.link).symlink_to(target)

    def check(self, message: str) -> None:
        """Asserts that a reader's message, empty where it accepts, is what is expected."""
        refused = self.expected.get("refused")
        if refused is None:
            assert message == ""
            return
        places = {"document": "manifest.json: a manifest must ", "file": "manifest.json must "}
        of_a_file = not refused.startswith("manifest")
        place = places.get(refused, refused if of_a_file else f"{refused} must ")
        assert place in message, f"{place!r} must be refused. Received: {message!r}."
        said = message.replace('"', "'")  # languages quote as they do
        if "lacks" in self.expected:
            assert f"{place}have {self.expected['lacks']!r}" in said
        assert self.expected.get("says", "") in said
        assert message.isprintable()


def manifests() -> list[Case]:
    """The cases of manifests, whose networks are not there."""
    return [
        Case(f"{topic}: {case['name']}", {"manifest.json": _document(case)}, case)
        for topic, cases in MANIFESTS.items()
        for case in cases
    ]


def networks() -> list[Case]:
    """The cases of whole bundles."""
    return [_bundle(case) for case in NETWORKS]


def _document(case: dict[str, Any]) -> bytes:
    if "hex" in case:
        return bytes.fromhex(case["hex"])
    if "text" in case:
        return (case["text"] * case.get("times", 1)).encode()
    document = json.loads(json.dumps(DOCUMENTS[case.get("base", "minimal")]))
    for place, value in {**case.get("set", {}), **{place: f"<{place}>" for place in case.get("raw", {})}}.items():
        node, key = _found(document, place)
        node[key] = value
    for place in case.get("remove", []):
        node, key = _found(document, place)
        del node[key]
    for place, count in case.get("repeat", {}).items():
        node, key = _found(document, place)
        entries = node[key]
        first = next(iter(entries if isinstance(entries, list) else entries.values()))
        node[key] = [first] * count if isinstance(entries, list) else dict.fromkeys(map(str, range(count)), first)
    for place, depth in case.get("deep", {}).items():
        node, key = _found(document, place)
        for _ in range(depth):
            node[key] = {}
            node, key = node[key], "x"
    text = json.dumps(document)
    for place, value in case.get("raw", {}).items():
        text = text.replace(f'"<{place}>"', value)
    return text.ljust(case.get("bytes", 0)).encode()


def _found(document: Any, place: str) -> tuple[Any, str]:
    """The object at a place, and its key there."""
    *way, key = place.removeprefix("/").split("/")
    for each in way:
        document = document[each]
    return document, key


def _bundle(case: dict[str, Any]) -> Case:
    files = {"a.onnx": bytes.fromhex(case["hex"]) if "hex" in case else _network(case["network"])}
    if "weights" in case:
        files["a.weights"] = bytes.fromhex(case["weights"])
    stored = {name: _stored(name, content) for name, content in files.items()}
    document = json.loads(json.dumps(DOCUMENTS["minimal"]))
    document["networks"]["a"] |= {**stored["a.onnx"], "weights": stored.get("a.weights")}
    link = None
    for name, damage in case.get("damage", {}).items():
        link = name if damage == "linked" else None
        content = files.pop(name)
        if damage != "missing":
            files[name] = DAMAGES[damage](content)
    return Case(f"network: {case['name']}", {"manifest.json": json.dumps(document).encode(), **files}, case, link)


def _stored(name: str, content: bytes) -> dict[str, Any]:
    return {"file": name, "sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}


def _network(text: str) -> bytes:
    return text_format.Parse(text, ModelProto()).SerializeToString()

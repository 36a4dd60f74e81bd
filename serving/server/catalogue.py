"""Which models are served, by the names that clients give."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from serving import Sampler, Translator, load
from serving.bundle.ensembles import Ensemble, ensembles
from serving.bundle.manifest import Manifest
from serving.bundle.ports import MAX_BATCH_SIZE, MAX_TRANSLATED, Model, model_of
from serving.common.errors import InputError
from serving.runtime.sessions import Settings
from serving.server.refusals import Reason, RefusedError
from serving.translation import is_translator


@dataclass(frozen=True, eq=False)
class Bundle:
    """A bundle that is served.

    Attributes:
        name: that clients give.
        version: a number as text; a bundle that replaces another has the next.
        opened: its networks, in the form that the library gives them.
    """

    name: str
    version: str
    opened: Sampler | Translator

    @property
    def manifest(self) -> Manifest:
        """What it holds."""
        return self.opened.manifest


@dataclass(frozen=True, eq=False)
class Served:
    """A model under the name that clients give.

    Attributes:
        name: `BUNDLE/MODEL`, such as `vae/decoder`.
        bundle: that it is of.
        model: its inputs and outputs, in the names and shapes of the repository that `export --triton` writes.
        ensemble: the networks that it runs one after the other, or None for one network.
    """

    name: str
    bundle: Bundle
    model: Model
    ensemble: Ensemble | None = None


class Catalogue:
    """Every model of some bundles.

    Args:
        bundles: name -> folder, or what `serving.load` takes.
        settings: how to run them.
        max_batch_size: rows of joined requests; 64 by default, 8 for translators.

    Raises:
        InputError: two models of one name, or a bundle that cannot be opened.
    """

    def __init__(self, bundles: dict[str, str | Path], settings: Settings, max_batch_size: int | None = None) -> None:
        self.bundles = {name: Bundle(name, "1", load(place, settings)) for name, place in bundles.items()}
        self._served: dict[str, Served] = {}
        for bundle in self.bundles.values():
            rows = max_batch_size or (MAX_TRANSLATED if is_translator(bundle.manifest) else MAX_BATCH_SIZE)
            models = {name: model_of(name, each, rows) for name, each in bundle.manifest.networks.items()}
            together = {each.model.name: each for each in ensembles(models)}
            for name, model in {**models, **{name: each.model for name, each in together.items()}}.items():
                served = Served(f"{bundle.name}/{name}", bundle, model, together.get(name))
                self._served[served.name] = served
        if not self._served:
            raise InputError("a server must have a bundle with networks. Received: none.")

    def served(self) -> list[Served]:
        """Every model, by name."""
        return sorted(self._served.values(), key=lambda each: each.name)

    def find(self, name: str, version: str = "") -> Served:
        """The model of a name: `vae/decoder`, or `decoder` where only one bundle has it.

        Raises:
            RefusedError: NOT_FOUND.
        """
        found = [each for full, each in self._served.items() if name in (full, full.rpartition("/")[2])]
        if len(found) != 1 or version not in ("", found[0].bundle.version):
            raise RefusedError(Reason.NOT_FOUND, f"no model {name[:80]!r} is served under this name and version")
        return found[0]

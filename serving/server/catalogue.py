"""Which models are served, by the names that clients give."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass, replace
from pathlib import Path

from serving import Sampler, Translator, load
from serving.bundle.ensembles import Ensemble, ensembles
from serving.bundle.manifest import FILE_NAME, Manifest
from serving.bundle.ports import MAX_BATCH_SIZE, MAX_TRANSLATED, Model, model_of
from serving.bundle.references import bundle_folder
from serving.common.errors import InputError
from serving.runtime.providers import AUTO, CPU
from serving.runtime.sessions import Settings
from serving.server.plans import Plan, plan_of
from serving.server.refusals import Reason, RefusedError
from serving.translation import is_translator


@dataclass(frozen=True, eq=False)
class Bundle:
    """A bundle that is served.

    Attributes:
        name: that clients give.
        version: a number as text; a bundle that replaces another has the next.
        opened: its networks, in the form that the library gives them.
        digest: of its manifest.
    """

    name: str
    version: str
    opened: Sampler | Translator
    digest: str = ""

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
        plan: the networks that are run for it.
        ensemble: the networks that clients are told of where it is more than one, or None.
    """

    name: str
    bundle: Bundle
    model: Model
    plan: Plan
    ensemble: Ensemble | None = None


class Catalogue:
    """Every model of some bundles.

    Args:
        bundles: name -> folder, or what `serving.load` takes.
        settings: how to run them. On a CPU a network has one thread by default, since batches are computed side by
            side.
        max_batch_size: rows of joined requests; 64 by default, 8 for translators.

    Raises:
        InputError: two models of one name, or a bundle that cannot be opened.
    """

    def __init__(self, bundles: dict[str, str | Path], settings: Settings, max_batch_size: int | None = None) -> None:
        alone = settings.threads is None and settings.provider in (AUTO, CPU)
        self.settings = replace(settings, threads=1) if alone else settings
        self._places = bundles
        self._max_batch_size = max_batch_size
        self.bundles: dict[str, Bundle] = {}
        self._served: dict[str, Served] = {}
        self._short: dict[str, list[Served]] = {}
        self._changing = threading.Lock()
        for name in bundles:
            self.replace(self.open(name))
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
        found = [self._served[name]] if name in self._served else self._short.get(name, [])
        if len(found) != 1 or version not in ("", found[0].bundle.version):
            raise RefusedError(Reason.NOT_FOUND, f"no model {name[:80]!r} is served under this name and version")
        return found[0]

    def open(self, name: str) -> Bundle:
        """The bundle that lies at the place of a name now, as the next version, which is not served yet.

        Raises:
            InputError: one that cannot be opened.
        """
        place = self._places[name]
        digest = digest_at(bundle_folder(place))
        current = self.bundles.get(name)
        version = str(int(current.version) + 1) if current else "1"
        return Bundle(name, version, load(place, self.settings), digest)

    def replace(self, bundle: Bundle) -> Bundle | None:
        """Serves a bundle from now on, and gives the one of its name that was served before."""
        made = self.models_of(bundle)
        with self._changing:
            kept = {name: each for name, each in self._served.items() if each.bundle.name != bundle.name}
            served = {**kept, **{each.name: each for each in made}}
            short: dict[str, list[Served]] = {}
            for each in served.values():
                short.setdefault(each.model.name, []).append(each)
            before = self.bundles.get(bundle.name)
            self.bundles = {**self.bundles, bundle.name: bundle}
            self._served, self._short = served, short
        return before

    def models_of(self, bundle: Bundle) -> list[Served]:
        """The models that a bundle has when it is served."""
        rows = self._max_batch_size or (MAX_TRANSLATED if is_translator(bundle.manifest) else MAX_BATCH_SIZE)
        models = {name: model_of(name, each, rows) for name, each in bundle.manifest.networks.items()}
        together = {each.model.name: each for each in ensembles(models)}
        every = {**models, **{name: each.model for name, each in together.items()}}
        made = []
        for name, model in every.items():
            plan = plan_of(bundle.manifest, name, together.get(name), rows)
            made.append(Served(f"{bundle.name}/{name}", bundle, model, plan, together.get(name)))
        return made


def digest_at(folder: Path) -> str:
    """SHA-256 of a bundle's manifest, which says the hashes of all of its networks; empty where there is none."""
    try:
        return hashlib.sha256((folder / FILE_NAME).read_bytes()).hexdigest()
    except OSError:
        return ""

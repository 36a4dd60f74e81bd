"""ONNX Runtime sessions over the verified files of a bundle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from serving.bundle.manifest import Manifest, Network, Weights
from serving.bundle.names import SAMPLER, makes_pictures
from serving.bundle.onnx_contents import Contents
from serving.bundle.operators import DOMAINS
from serving.bundle.references import bundle_folder
from serving.bundle.safety import check_network, check_self_contained
from serving.bundle.signature import check_signature
from serving.bundle.verified import check_present, read_verified, stored_files
from serving.common.errors import InputError, require_integer
from serving.runtime.installed import check_release, load_runtime, said_by
from serving.runtime.one_by_one import OneByOne
from serving.runtime.openvino import FLOAT32, OPENVINO, REFUSAL, WHOLE, check_precision, warn_of_emulation
from serving.runtime.providers import AUTO, CPU, Chain, Execution, check_provider, open_on
from serving.runtime.runner import Runner

if TYPE_CHECKING:
    import onnxruntime


@dataclass(frozen=True)
class Settings:
    """How networks are run.

    Attributes:
        provider: `cpu`, `cuda`, `tensorrt`, `openvino`, or `auto`: the first of TensorRT, CUDA and the CPU that is
            there.
        threads: CPU threads inside an operator; all cores by default. A container that may use fewer cores than the
            machine has should say how many.
        spinning: threads wait for work without sleeping while a network runs, which is faster where nobody else needs
            the cores: 0.80 and 0.98 ms for a batch of a small decoder alone, 71 and 41 ms for a translation beside
            other work. Between two runs they sleep.
        fixed_batches: keep the tensors of the first few shapes at fixed places, where CUDA records the work of a batch
            once and replays it; more memory, and on a CPU no faster.
        precision: what `openvino` computes pictures in, `float32` or `bfloat16`; codes and classes are computed in
            float32 always.
    """

    provider: str = AUTO
    threads: int | None = None
    spinning: bool = True
    fixed_batches: bool = False
    precision: str = FLOAT32

    @classmethod
    def of(cls, given: Settings | str, options: Options) -> Settings:
        """Settings, or the provider of some, with options that come by name.

        Raises:
            InputError: as `check`.
        """
        settings = replace(given if isinstance(given, Settings) else cls(given), **options)
        settings.check()
        return settings

    def check(self) -> None:
        """Raises InputError for a provider that is unknown, a precision that it does not compute in, or a number of
        threads that no machine has."""
        check_provider(self.provider)
        check_precision(self.precision, self.provider)
        if self.threads is not None:
            require_integer(1, MOST_THREADS, threads=self.threads)


class Options(TypedDict, total=False):
    """What `Settings` holds, as keywords."""

    provider: str
    threads: int | None
    spinning: bool
    fixed_batches: bool
    precision: str


DEFAULT = Settings()
ON_CPU = Settings(CPU)
# More than the cores of any machine; ONNX Runtime would start as many as it is told.
MOST_THREADS = 1024
# A pool of threads of its own, waiting for work, would slow the others down.
SMALL = Settings(CPU, threads=1)


class Sessions:
    """The networks of a bundle, each opened when it is first used.

    Args:
        bundle: a folder, or what `bundle_folder` takes.
        settings: how to run them.
        manifest: of the bundle, where it was read already.

    Raises:
        InputError: not a bundle, one whose manifest is not valid, or one with a missing or truncated file; a precision
            for pictures where no network makes any.
    """

    def __init__(self, bundle: str | Path, settings: Settings, manifest: Manifest | None = None) -> None:
        bundle = bundle_folder(bundle)
        manifest = manifest or Manifest.read(bundle)
        if settings.precision != FLOAT32 and not any(
            makes_pictures(each.outputs) for each in manifest.networks.values()
        ):
            raise InputError(
                f"`precision` must be {FLOAT32} for {bundle}, none of whose networks makes pictures. "
                f"Received: {settings.precision!r}."
            )
        for stored in stored_files(manifest):
            check_present(bundle, stored)
        self.bundle = bundle
        # Networks are opened later, and copies are opened in other processes: the current folder may be another then.
        self._place = bundle.absolute()
        self.manifest = manifest
        self.settings = settings
        self._opened: dict[str, Runner] = {}
        self._added: dict[bytes, Runner] = {}
        self._weights: dict[Weights, bytes] = {}
        self._execution: Execution | None = None

    def of(self, name: str, small: bool = False) -> Runner:
        """A network that the bundle has; a small one runs on the CPU in one thread."""
        if name not in self._opened:
            network = self.manifest.networks[name]
            path = self.bundle / network.file
            content, weights = read_verified(self._place, network), self._weights_of(network)
            contents = check_network(content, {file: len(numbers) for file, numbers in weights.items()}, path)
            settings = SMALL if small else self._settings_of(network)
            self._opened[name] = self._run(content, contents, weights, path, settings, network.batch is not None)
            check_signature(self._opened[name].session, network, path)
            self._forget_weights()
        return self._opened[name]

    def added(self, content: bytes) -> Runner:
        """A network that is no part of the bundle, beside those that are; opened once."""
        if content not in self._added:
            contents = check_self_contained(content, "the network")
            settings = ON_CPU if self.settings.provider == OPENVINO else self.settings
            self._added[content] = self._run(content, contents, {}, "the network", settings)
        return self._added[content]

    def __reduce__(self) -> tuple[type[Sessions], tuple[Path, Settings, Manifest]]:
        """ONNX Runtime's sessions cannot be pickled or copied: a copy opens the networks again, from the same files."""
        return Sessions, (self._place, self.settings, self.manifest)

    def execution(self, name: str) -> Execution:
        """What the networks run on, decided with the first that is opened, which is `name` where none is yet."""
        if self._execution is None:
            self.of(name)
        assert self._execution is not None, "a network is open"
        return self._execution

    def _settings_of(self, network: Network) -> Settings:
        """Codes and classes are numbers to go on computing with, and stay in float32."""
        return self.settings if makes_pictures(network.outputs) else replace(self.settings, precision=FLOAT32)

    def _run(
        self,
        content: bytes,
        contents: Contents,
        weights: Mapping[str, bytes],
        where: object,
        settings: Settings,
        one_by_one: bool = False,
    ) -> Runner:
        own = settings.provider == self.settings.provider
        if self._execution is not None and own:
            settings = replace(settings, provider=self._execution.provider)
        session, execution = _open(content, contents, weights, settings, where)
        if self._execution is None and own:
            warn_of_emulation(self.settings.precision)
            self._execution = replace(execution, precision=self.settings.precision)
        kind = OneByOne if one_by_one else Runner
        return kind(session, execution.device, settings.fixed_batches)

    def _weights_of(self, network: Network) -> dict[str, bytes]:
        """The content of the file beside a network, which is read and hashed once for all that share it."""
        weights = network.weights
        if weights is None:
            return {}
        if weights not in self._weights:
            self._weights[weights] = read_verified(self._place, weights)
        return {weights.file: self._weights[weights]}

    def _forget_weights(self) -> None:
        """Lets go of what every network that shares it has got: a session has a copy of its own. Nobody here opens
        the sampler, which is for others; its two parts draw any piece of a seed's pictures."""
        done = {*self._opened, SAMPLER}
        waiting = {network.weights for name, network in self.manifest.networks.items() if name not in done}
        self._weights = {weights: content for weights, content in self._weights.items() if weights in waiting}


class OfBundle:
    """What runs a bundle says which one it is, and how it is run.

    Attributes:
        sessions: of the bundle.
    """

    sessions: Sessions

    @property
    def bundle(self) -> Path:
        """The folder."""
        return self.sessions.bundle

    @property
    def manifest(self) -> Manifest:
        """What the bundle holds."""
        return self.sessions.manifest

    @property
    def settings(self) -> Settings:
        """How the networks are run."""
        return self.sessions.settings


def session_of(
    content: bytes, settings: Settings = DEFAULT, where: str = "the network"
) -> onnxruntime.InferenceSession:
    """Opens the content of an ONNX file from anywhere, which has all its numbers inside.

    Args:
        content: of the file.
        settings: how to run it.
        where: the file, for messages.

    Raises:
        InputError: what is no network or needs another file; a provider that is unknown or not present.
    """
    return _open(content, check_self_contained(content, where), {}, settings, where)[0]


def _open(
    content: bytes, contents: Contents, weights: Mapping[str, bytes], settings: Settings, where: object
) -> tuple[onnxruntime.InferenceSession, Execution]:
    """A session over what was checked; numbers beside the network come from the bytes of `weights`."""
    runtime = load_runtime()
    opset = max((version for domain, version in contents.opsets if domain in DOMAINS), default=0)
    check_release(opset, contents.ir_version, bool(weights), runtime.__version__, where)
    settings.check()

    def create(chain: Chain) -> onnxruntime.InferenceSession:
        try:
            return runtime.InferenceSession(
                content, _options(settings, weights), providers=chain, enable_fallback=0, read_config_from_model=0
            )
        except Exception as error:  # ONNX Runtime's errors have no class of their own in common
            reason = said_by(error)
            if REFUSAL in reason:
                reason = "operators that OpenVINO does not compute"
            raise InputError(f"{where} must be a network that ONNX Runtime opens. Received: {reason}") from error

    return open_on(settings.provider, create, settings.fixed_batches, settings.precision, settings.threads)


def _options(settings: Settings, weights: Mapping[str, bytes]) -> onnxruntime.SessionOptions:
    options = load_runtime().SessionOptions()
    options.log_severity_level = 4
    # It would also take its own format by the look of the bytes, of which nothing was checked.
    options.add_session_config_entry("session.load_model_format", "ONNX")
    if settings.provider == OPENVINO:
        options.add_session_config_entry(*WHOLE)
    if settings.threads is not None:
        options.intra_op_num_threads = settings.threads
    if settings.spinning:
        # They would go on for 35 ms after a run, on the cores that the network of another bundle needs next.
        options.add_session_config_entry("session.force_spinning_stop", "1")
    else:
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if weights:
        names, parts = list(weights), list(weights.values())
        options.add_external_initializers_from_files_in_memory(names, parts, list(map(len, parts)))
    return options

"""A bundle as a repository of a model hub."""

from __future__ import annotations

from pathlib import Path

from serving.bundle.card_header import CARD, with_header
from serving.bundle.figures import EVALUATION
from serving.bundle.hub import NEWEST, REPOSITORY, Reference, manifest_sha256
from serving.bundle.hub_client import explained, hub_client
from serving.bundle.links import real_file
from serving.bundle.manifest import FILE_NAME, Manifest
from serving.bundle.references import bundle_folder
from serving.bundle.safety import check_network
from serving.bundle.verified import read_verified, stored_files
from serving.common.errors import InputError, shown

BESIDE = ("samples.png", EVALUATION)
SAVED_MODELS = "saved_model"
# What a repository has before anything is pushed to it.
OF_THE_HUB = {".gitattributes", CARD}


def push_bundle(
    bundle: str | Path, repository: str, private: bool = False, message: str = "A bundle of keras-gen"
) -> Reference:
    """Sends the files of a bundle to a repository, which is made where it is not there, after all were verified.

    Sent are the manifest and what it names, the card, its picture, the figures and the SavedModels; nothing else that
    may be in the folder.

    Args:
        bundle: a folder.
        repository: `USER/NAME`.
        private: whether a new repository is only for those who are let in.
        message: of the commit.

    Returns:
        What the pushed bundle is called: its commit, and the SHA-256 of its manifest.

    Raises:
        InputError: not a bundle, damaged, no name of a repository, or one that holds something else.
        OSError: the hub cannot be reached or refuses.
    """
    if not REPOSITORY.fullmatch(repository):
        raise InputError(f"the repository must be USER/NAME. Received: {shown(repository)}.")
    folder = bundle_folder(bundle)
    files = files_of(folder)
    hub = hub_client()
    api = hub.HfApi()
    with explained(repository):
        api.create_repo(repository, private=private or None, exist_ok=True)
        there = {sibling.rfilename for sibling in api.model_info(repository).siblings or ()}
    if there - OF_THE_HUB and FILE_NAME not in there:
        raise InputError(f"{repository} must be a new repository or hold a bundle. Received: one with {min(there)}.")
    operations = [hub.CommitOperationAdd(name, content) for name, content in files.items()]
    with explained(repository):
        commit = api.create_commit(repository, operations, commit_message=message, revision=NEWEST)
    return Reference(repository, commit.oid, manifest_sha256(folder))


def files_of(folder: Path) -> dict[str, Path | bytes]:
    """What is pushed of a bundle: the name in the repository, and the file or its content.

    Raises:
        InputError: not a bundle, or damaged.
    """
    manifest = Manifest.read(folder)
    contents = {stored.file: read_verified(folder, stored) for stored in stored_files(manifest)}
    for network in manifest.networks.values():
        beside = {network.weights.file: network.weights.size} if network.weights else {}
        check_network(contents[network.file], beside, folder / network.file)
    card = real_file(folder, CARD)
    text = card.read_text(encoding="utf-8") if card else f"# {manifest.model}\n"
    named = [FILE_NAME, *contents, *(name for name in BESIDE if real_file(folder, name))]
    saved = sorted(file for file in (folder / SAVED_MODELS).rglob("*") if file.is_file() and not file.is_symlink())
    return {
        **{name: folder / name for name in named},
        **{file.relative_to(folder).as_posix(): file for file in saved},
        CARD: with_header(text, manifest, folder).encode(),
    }

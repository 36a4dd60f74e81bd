"""Translates a folder of pictures to another domain, in parts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from serving.bulk.job import Done, Part, Results
from serving.common.files import remove_leftovers
from serving.common.formats import written_name
from serving.common.images import ALL, MAX_PIXELS, let_pillow_decode
from serving.runtime.sessions import DEFAULT, SMALL, Settings
from serving.translation.files import Report, still_missing, translate_files
from serving.translation.translator import TILE, Translator

# A part is what is lost if its process dies. A smaller one would make the requests for parts expensive.
MOST_FILES = 16
PARTS = 64


@dataclass(frozen=True)
class FolderTranslation:
    """The translation of the pictures in a folder and its sub-folders, which keep their names.

    Attributes:
        bundle: folder written by `keras-gen export`.
        source: the folder.
        target: the folder to write.
        files: paths of the pictures, relative to `source`.
        to: the domain to translate to.
        overwrite: translate pictures that exist in `target` again.
        tile: as for `Translator`.
        max_pixels: a larger picture is refused before it is decoded.
        frames: of a file with several: `all`, or the `first`.
        settings: how the networks are run.
        made_channels: of the translations, which their names depend on.
    """

    bundle: Path
    source: Path
    target: Path
    files: tuple[Path, ...] = ()
    to: str | None = None
    overwrite: bool = False
    tile: int = TILE
    max_pixels: int = MAX_PIXELS
    frames: str = ALL
    settings: Settings = DEFAULT
    made_channels: int = 3

    @property
    def parts(self) -> int:
        """Number of groups of files."""
        return -(-len(self.files) // self._step)

    @property
    def _step(self) -> int:
        return max(1, min(MOST_FILES, len(self.files) // PARTS))

    def size(self, part: int) -> int:
        """Number of pictures in a part."""
        return len(self._of(part))

    def _of(self, part: int) -> tuple[Path, ...]:
        return self.files[part * self._step : (part + 1) * self._step]

    def written(self, file: Path) -> Path:
        """Where a file of the source is written to."""
        return self.target / written_name(file, self.made_channels)

    def moved(self, settings: Settings) -> FolderTranslation:
        """The same pictures, translated with other settings."""
        return replace(self, settings=settings)

    def open(self) -> Part:
        """Returns the function that translates a part.

        Raises:
            InputError: the bundle does not translate to that domain.
        """
        translator = Translator(self.bundle, self.settings, tile=self.tile)
        enlarge = translator.enlarges(self.to)
        let_pillow_decode(self.max_pixels)

        def do(part: int) -> Done:
            report = Report()
            wanted = [file for file in self._of(part) if self.overwrite or not self.written(file).exists()]
            how = (self.to, self.max_pixels, self.frames)
            translate_files(translator, self.source, self.target, wanted, report, *how, enlarge=enlarge)
            return {str(file): problem for file, problem in report.failed.items()}

        return do


def missing(translation: FolderTranslation) -> tuple[FolderTranslation, Report]:
    """The translation of the pictures that are still missing, and a report that counts those that exist.

    Raises:
        InputError: the folder does not exist, has no pictures or contains the target; or the bundle does not translate
            to that domain.
    """
    translator = Translator(translation.bundle, SMALL, tile=translation.tile)
    to, folders = translation.to, (translation.source, translation.target)
    wanted, report = still_missing(translator, *folders, to, translation.overwrite)
    return replace(translation, files=tuple(wanted), made_channels=translator.made_channels(to)), report


def translated(
    translation: FolderTranslation,
    results: Results,
    report: Report,
    progress: Callable[[int], None] = lambda done: None,
) -> None:
    """Translates the pictures. The same call resumes an interrupted translation.

    Args:
        translation: what to translate.
        results: its parts, which run as the iterator advances.
        report: counts and failures are added to it.
        progress: called with the number of pictures that were finished since the last call.
    """
    for part, failed in results:
        report.failed.update((Path(file), problem) for file, problem in failed.items())
        progress(translation.size(part))
    remove_leftovers(map(translation.written, translation.files))
    report.translated = len(translation.files) - len(report.failed)

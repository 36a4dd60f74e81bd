"""Results side by side as one page, which needs no other file and no connection."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from keras_gen.metrics.figure import Figure
from keras_gen.metrics.similarity import SSIM_RADIUS, psnr, ssim
from serving.common.errors import InputError
from serving.common.files import whole_file
from serving.common.images import as_pillow, shown_channels, to_float, to_uint8

PAGE, SUFFIXES = "index.html", (".html", ".htm")
# Examples of a page, and what they may have in pixels: a page of more opens slowly.
MOST, LEAST, PIXELS = 200, 12, 8_000_000


@dataclass(frozen=True)
class Results:
    """What stands side by side.

    Attributes:
        title: what is shown, such as a direction.
        columns: name -> pictures, (n, height, width, channels), uint8 or in [-1, 1]; all of the same n.
        errors: name -> one number an example; those by which examples can be sorted.
        of: of how many examples these are the first.
    """

    title: str
    columns: Mapping[str, np.ndarray]
    errors: Mapping[str, np.ndarray]
    of: int


def results(title: str, columns: Mapping[str, np.ndarray], made: str, wanted: str | None) -> Results:
    """The first examples, and their errors where there is a truth.

    Args:
        title: of the section.
        columns: name -> pictures.
        made: the column of what was made.
        wanted: the column of what it should be; None where that is not known.
    """
    count = len(columns[made])
    pixels = sum(int(np.prod(images.shape[1:3])) for images in columns.values())
    shown = min(count, max(LEAST, min(MOST, PIXELS // pixels)))
    first = {name: images[:shown] for name, images in columns.items()}
    errors = {} if wanted is None else _errors(to_float(first[made]), to_float(first[wanted]))
    return Results(title, first, errors, count)


def page_file(place: Path) -> Path:
    """Where a page is written: the file, or `index.html` in the folder.

    Raises:
        InputError: the name is that of another kind of file.
    """
    if place.suffix.lower() in SUFFIXES:
        return place
    if place.suffix and not place.is_dir():
        raise InputError(f"--html must be a folder or a file with the suffix .html. Received: {place}.")
    return place / PAGE


def write_page(file: Path, title: str, sections: Sequence[Results], figures: Sequence[Figure]) -> None:
    """Writes the page, completely or not at all.

    Args:
        file: its name.
        title: what was measured.
        sections: what stands side by side.
        figures: the table at the top.
    """
    parts = [_section(number, section) for number, section in enumerate(sections)]
    text = TEMPLATE.format(
        title=html.escape(title), style=STYLE, script=SCRIPT, figures=_table(figures), sections="".join(parts)
    )
    file.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(file) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _errors(made: np.ndarray, wanted: np.ndarray) -> dict[str, np.ndarray]:
    found = {"l1": np.abs(made - wanted).mean(axis=(1, 2, 3), dtype=np.float64), "psnr": psnr(made, wanted)}
    return found | ({"ssim": ssim(made, wanted)} if min(made.shape[1:3]) > 2 * SSIM_RADIUS else {})


def _table(figures: Sequence[Figure]) -> str:
    rows = (
        f"<tr><th scope=row>{html.escape(figure.name)}</th><td>{figure.value:.4g} {html.escape(figure.unit)}</td>"
        f"<td>{html.escape(figure.data)}</td><td>{figure.count}</td></tr>"
        for figure in figures
    )
    head = (
        "<tr><th scope=col>figure</th><th scope=col>value</th><th scope=col>data</th><th scope=col>pictures</th></tr>"
    )
    return f"<table>{head}{''.join(rows)}</table>"


def _section(number: int, section: Results) -> str:
    shown = len(next(iter(section.columns.values())))
    choices = "".join(
        f'<option value="{name} {sign}">{name}, {words} first</option>'
        for name in section.errors
        for sign, words in ((-1, "largest"), (1, "smallest"))
    )
    sort = (
        f'<label>Sort by <select data-list="list{number}"><option value="">order of the data</option>{choices}'
        "</select></label>"
        if choices
        else ""
    )
    items = "".join(_example(index, section) for index in range(shown))
    return (
        f"<section><h2>{html.escape(section.title)}</h2><p>{shown} of {section.of} examples: "
        f'{", ".join(map(html.escape, section.columns))}. {sort}</p><ol id="list{number}">{items}</ol></section>'
    )


def _example(index: int, section: Results) -> str:
    numbers = {name: float(values[index]) for name, values in section.errors.items()}
    kept = "".join(f' data-{name}="{value:.8g}"' for name, value in numbers.items())
    pictures = "".join(
        f'<img alt="{html.escape(name)} of example {index}" title="{html.escape(name)}" loading=lazy '
        f'src="{_data_uri(images[index])}">'
        for name, images in section.columns.items()
    )
    said = ", ".join(f"{name} {value:.4g}" for name, value in numbers.items())
    return f'<li data-index="{index}"{kept}><div>{pictures}</div><p>{index}{": " if said else ""}{said}</p></li>'


def _data_uri(image: np.ndarray) -> str:
    content = io.BytesIO()
    as_pillow(to_uint8(image[..., : shown_channels(image.shape[2])])).save(content, "PNG")
    return f"data:image/png;base64,{base64.b64encode(content.getvalue()).decode()}"


TEMPLATE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<h1>{title}</h1>
{figures}
<label>Size of pictures <input type="range" id="zoom" min="32" max="384" value="128"></label>
{sections}
<script>{script}</script>
</body>
</html>
"""
STYLE = """
:root { --side: 128px; font-family: system-ui, sans-serif; line-height: 1.4; }
body { margin: 1rem auto; max-width: 90rem; padding: 0 1rem; }
table { border-collapse: collapse; margin-bottom: 1rem; }
th, td { border-bottom: 1px solid #8886; padding: .2rem .8rem .2rem 0; text-align: left; }
ol { display: flex; flex-wrap: wrap; gap: .8rem; list-style: none; padding: 0; }
li { border: 1px solid #8886; border-radius: 4px; padding: .4rem; }
li div { display: flex; gap: 2px; }
li p { font-size: .8rem; margin: .2rem 0 0; }
img { height: var(--side); image-rendering: pixelated; }
"""
SCRIPT = """
document.getElementById("zoom").addEventListener("input", (event) => {
  document.documentElement.style.setProperty("--side", event.target.value + "px");
});
for (const choice of document.querySelectorAll("select")) {
  const list = document.getElementById(choice.dataset.list);
  const examples = [...list.children];
  choice.addEventListener("change", () => {
    const [name, sign] = choice.value ? choice.value.split(" ") : ["index", "1"];
    const of = (item) => Number(sign) * Number(item.dataset[name]);
    list.append(...examples.sort((one, other) => of(one) - of(other)));
  });
}
"""

"""The page at `/`: what is served, for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from urllib.parse import quote

from serving.server.catalogue import Bundle
from serving.server.http.summaries import RECONSTRUCT, abilities
from serving.translation import Translator

# No script, nothing from elsewhere, and no other site may show the page in a frame.
POLICY = (
    b"default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; "
    b"frame-ancestors 'none'"
)
SHOWN = 9
STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
section { border-top: 1px solid color-mix(in srgb, currentColor 25%, transparent); padding: 1rem 0; }
img { max-width: 100%; max-height: 20rem; image-rendering: pixelated; }
code { overflow-wrap: anywhere; }
small { opacity: 0.75; }
"""


def index_page(bundles: Sequence[Bundle], with_page: bool) -> bytes:
    """The page.

    Args:
        bundles: what is served.
        with_page: whether there is a page that runs a bundle in the browser, at `/page/`.
    """
    more = '<a href="/page/">Run in the browser</a> · ' if with_page else ""
    body = "\n".join(_section(bundle) for bundle in bundles)
    text = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>keras-gen</title>
<link rel="icon" href="data:,">
<style>{STYLE}</style>
</head>
<body>
<h1>keras-gen</h1>
<p>{more}<a href="/v1/bundles">Bundles</a> · <a href="/v2">Server</a> · <a href="/openapi.json">OpenAPI document</a></p>
{body}
</body>
</html>
"""
    return text.encode()


def _section(bundle: Bundle) -> str:
    place, able = f"/v1/{quote(bundle.name, safe='')}", abilities(bundle)
    image = bundle.manifest.image
    size = f"{image.width}x{image.height}x{image.channels}{', any size' if image.any_size else ''}"
    models = ", ".join(f"<code>{escape(f'{bundle.name}/{name}')}</code>" for name in sorted(bundle.manifest.networks))
    parts = [
        f"<section>\n<h2>{escape(bundle.name)}</h2>",
        f"<p>{escape(bundle.manifest.model)}, {size}, version {escape(bundle.version)}<br><small>{models}</small></p>",
    ]
    if "sample" in able:
        link = f"{place}/sample?n={SHOWN}&amp;format=grid"
        parts.append(f'<p><a href="{link}"><img src="{link}" alt="samples" loading="lazy"></a></p>')
    parts += [_form(bundle, f"{place}/{ability}", ability) for ability in able if ability != "sample"]
    return "\n".join([*parts, "</section>"])


def _form(bundle: Bundle, action: str, ability: str) -> str:
    """A form to send a picture with."""
    return (
        f'<form action="{action}" method="post" enctype="multipart/form-data">'
        '<input type="file" name="image" accept="image/png,image/jpeg,image/webp" aria-label="picture" required> '
        f"{_choice(bundle, ability)}<button>{ability}</button></form>"
    )


def _choice(bundle: Bundle, ability: str) -> str:
    """What else a network is told, where there is a choice."""
    opened, manifest = bundle.opened, bundle.manifest
    if isinstance(opened, Translator):
        return _select("to", {each: manifest.domains.get(each, each) for each in opened.targets})
    if ability in ("encode", RECONSTRUCT) and opened.takes_class:
        return _select("class", {name: name for name in manifest.classes})
    return ""


def _select(name: str, shown: Mapping[str, str]) -> str:
    if len(shown) < 2:
        return ""
    options = "".join(f'<option value="{escape(value)}">{escape(text)}</option>' for value, text in shown.items())
    return f'<label>{name} <select name="{name}">{options}</select></label> '

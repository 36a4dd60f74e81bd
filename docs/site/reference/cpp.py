"""The C++ library, from the comments of its public headers.

The headers are two files whose comments are plain sentences above what they are about, so that a reader of a few lines
is enough and Doxygen's marks stay out of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import serving
from docs.site.reference.guides import block

HEADERS = Path(serving.__file__).parent / "cpp" / "include" / "keras_gen"
SECTION = re.compile(r"// -+ (.*)")


@dataclass
class Declared:
    """A declaration of a header.

    Attributes:
        text: in one line, without a body.
        said: the comment above it, and the one behind it.
        members: those of a class, public ones.
        section: the heading that it stands under.
    """

    text: str
    said: str
    members: list[Declared] = field(default_factory=list)
    section: str = ""


def page() -> str:
    """Both headers."""
    parts = ["# C++: `keras_gen`\n", "[C++](../cpp.md) explains how the library is built.\n", block("cpp", "cpp")]
    for path in sorted(HEADERS.glob("*.hpp")):
        text = path.read_text()
        about = " ".join(line[2:].strip() for line in text.partition("#pragma")[0].splitlines())
        parts += [f"## keras_gen/{path.name}\n", f"{about}\n", "```{cpp:namespace} keras_gen\n```\n"]
        section = ""
        for each in declared(text):
            if each.section != section:
                section = each.section
                parts.append(f"### {section.strip().capitalize()}\n")
            parts.append(_shown(each, 6))
    return "\n".join(parts)


def declared(text: str) -> list[Declared]:
    """What a header declares in the namespace, in its order."""
    inside = text.partition("namespace keras_gen {")[2].rpartition("}")[0]
    return list(_declarations(inside.splitlines(), public=True))


def _declarations(lines: list[str], public: bool) -> Iterator[Declared]:
    """Those among lines of one level of braces. A comment is about what follows it, and all that has that name."""
    comment: list[str] = []
    section, index = "", 0
    while index < len(lines):
        line = lines[index].strip()
        if heading := SECTION.fullmatch(line):
            section, comment = heading[1], []
        elif line.startswith("//"):
            comment.append(line[2:].strip())
        elif line in ("public:", "private:"):
            public, comment = line == "public:", []
        elif line:
            end = _end(lines, index)
            made = _declaration(lines[index:end], comment, section)
            if public and made.text not in ("", "struct State"):
                yield made
            if end == len(lines) or _name(made.text) + "(" not in lines[end]:
                comment = []
            index = end
            continue
        else:
            comment = []
        index += 1


def _end(lines: list[str], start: int) -> int:
    """The line behind a declaration and the comment beside it, which may go on in lines that begin farther right."""
    depth, place = 0, start
    for place in range(start, len(lines)):
        code = lines[place].partition("//")[0].rstrip()
        depth += sum(map(code.count, "{(")) - sum(map(code.count, "})"))
        if depth == 0 and code.endswith((";", "}")):
            break
    place += 1
    while place < len(lines) and lines[place].startswith(" " * 20) and lines[place].strip().startswith("//"):
        place += 1
    return place


def _declaration(lines: list[str], comment: list[str], section: str) -> Declared:
    code = " ".join(" ".join(line.partition("//")[0] for line in lines).split())
    if match := re.match(r"(template ?<[^>]*> )?(class|struct) \w+( : public [\w:]+)? (?=\{)", code):
        body = next(place for place, line in enumerate(lines) if "{" in line) + 1
        members = list(_declarations(lines[body:-1], public=match[2] == "struct"))
        # The comments inside are those of the members.
        return Declared(match[0].strip(), " ".join(comment), members, section)
    beside = [line.partition("//")[2].strip() for line in lines if "//" in line]
    # Without what a function does, what a constructor hands on, and the braces of a default that is empty.
    text = re.sub(r"(?<=[)t]) (: .*)?\{.*\}$", "", code)
    text = re.sub(r"( = )?\{\};$", "", text)
    return Declared(text.rstrip("; "), " ".join([*comment, *beside]), [], section)


def _name(text: str) -> str:
    """What a declaration declares; of a function, what stands before its arguments."""
    found = re.search(r"(\w+)\(", re.sub(r"^template ?<[^>]*> ", "", text))
    return found[1] if found else text


def _shown(each: Declared, fence: int) -> str:
    marks = "`" * fence
    inner = "\n".join(_shown(member, fence - 1) for member in each.members)
    signature = re.sub(r"^(template ?<[^>]*> )?(class|struct|using) ", r"\1", each.text)
    return f"{marks}{{cpp:{_kind(each.text)}}} {signature}\n{each.said}\n\n{inner}\n{marks}\n"


def _kind(text: str) -> str:
    plain = re.sub(r"^template ?<[^>]*> ", "", text)
    word = plain.partition(" ")[0]
    if word in ("class", "struct", "using"):
        return "type" if word == "using" else word
    return "function" if re.search(r"\w\(", plain.partition(" = ")[0]) else "var"

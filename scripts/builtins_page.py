"""Write docs/language/builtins.md: every builtin by family. Run as `python -m scripts.builtins_page`."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from tensorlogic.runtime import builtins
from tensorlogic.runtime.reference import Reference, every

Chapter = tuple[str, str, list[Reference]]
"""A title, and the family with its builtins."""

PAGE = Path(__file__).resolve().parent.parent / "docs" / "language" / "builtins.md"

_ABOUT = """\
<!-- Written by `python -m scripts.builtins_page`; do not edit. -->

# Builtins

Every function that a program can call without declaring it, by family. `f(x, a)` can be written `x.f(a)`.

A parameter with `=` has a default and one with `?` can be left out; both can be given by name: `softmax(x, axis: 0)`.
`values…` takes any number of values. A parameter without a type takes several kinds. Where a tensor is meant, a
number, a list or a range of numbers will do. Shapes stand between brackets: `[batch, size]`, and `[…, size]` for any
axes before the last. Axes count from 0; negative ones from the end, so that -1 is the last.

A value of a wrong shape, type or size stops the program with an [error](14-errors.md).
"""


def page() -> str:
    """The whole page."""
    in_order = sorted(every(), key=lambda row: (row.family, row.name))
    families = [(family, list(rows)) for family, rows in groupby(in_order, key=lambda row: row.family)]
    chapters = [(f"{number}. {_title(name)}", name, rows) for number, (name, rows) in enumerate(families, 1)]
    return "\n".join([_ABOUT, *map(_links, chapters), *(line for each in chapters for line in _chapter(each))])


def _links(chapter: Chapter) -> str:
    title, _, rows = chapter
    links = " · ".join(f"[{name}](#{_anchor(row.name)})" for row in rows for name in (row.name, *row.other_names))
    return f"[{title}](#{_anchor(title)}): {links}\n"


def _chapter(chapter: Chapter) -> Iterator[str]:
    title, family, rows = chapter
    module = getattr(builtins, family, None)
    yield f"## {title}\n"
    if module is not None:
        yield f"{inspect.getdoc(module)}\n"
    for row in rows:
        yield from _builtin(row)


def _builtin(row: Reference) -> Iterator[str]:
    yield f"### {row.name}\n"
    yield f"`{row.signature}`\n"
    yield f"{row.docstring}\n"
    if row.other_names:
        yield f"Also: {', '.join(f'`{name}`' for name in row.other_names)}.\n"


def _title(family: str) -> str:
    return family.replace("_", " ").capitalize()


def _anchor(heading: str) -> str:
    """What a link to a heading ends with."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

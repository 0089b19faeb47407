"""Write the tables of docs/advisor.md: where cases are expected to run, and how good the estimates are.

Run as `python -m scripts.advisor_page`. What stands around the tables is written by hand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

from scripts import fit_latency
from tests.advisor.test_placement import CASES, DISAGREEING, Case, agrees, placed

from tensorlogic.advisor.placement import Placement

PAGE: Final = Path(__file__).resolve().parent.parent / "docs" / "advisor.md"


def placement() -> Iterator[str]:
    """A row for each case that was rebuilt."""
    yield "| case | chip | seen on the Neural Engine | expected there | expected elsewhere | agree to | agree? |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    every = (*CASES, *DISAGREEING)
    yield from map(_row, every)
    numbers = {_number(case) for case in every} - {""}
    wrong = {_number(case) for case in DISAGREEING}
    right = len(numbers) - len(wrong)
    yield ""
    yield (
        f"Of {len(numbers)} numbers of cases, **{right} agree in every row: {right / len(numbers):.0%}**. "
        f"Of {len(every)} rows, {len(CASES)} agree: {len(CASES) / len(every):.0%}."
    )


def _number(case: Case) -> str:
    """The number of the case in the collection; none where a row rests on a fact of another kind."""
    found = re.match(r"P\d+(?= )", case.name)
    return found[0] if found else ""


def _row(case: Case) -> str:
    found = placed(case)
    agreed = "yes" if agrees(case, found) else "**no**"
    to = "" if case.share is None else _counted(round(100 * case.within))
    return f"| {case.name} | {case.chip} | {_seen(case)} | {_expected(found)} | {_elsewhere(found)} | {to} | {agreed} |"


def _counted(points: int) -> str:
    return f"{points} point{'' if points == 1 else 's'}"


def _seen(case: Case) -> str:
    return f"not {_named(case.off)}" if case.share is None else f"{case.share:.1%}"


def _expected(found: Placement) -> str:
    count = sum(each.unit == "ane" for each in found.operations)
    return f"{found.share('ane'):.1%}: {count} of {len(found.operations)}"


def _elsewhere(found: Placement) -> str:
    types = {each.site.type for each in found.operations if each.unit != "ane"}
    return _named(types) if found.share("ane") else "all"


def _named(types: Iterable[str]) -> str:
    return ", ".join(f"`{type}`" for type in sorted(types))


def estimates() -> Iterator[str]:
    """What the script that fits prints."""
    yield from ("```text", *fit_latency.validation(), "```")


PARTS: Final[dict[str, Callable[[], Iterable[str]]]] = {"placement": placement, "estimates": estimates}
"""What is written between two comments, by the word of the first."""


def current(part: str) -> str:
    """A part as it is to be."""
    return "\n".join(PARTS[part]())


def written(part: str, text: str) -> str:
    """A part as it stands on a page."""
    return _find(part, text)[2]


def _find(part: str, text: str) -> re.Match[str]:
    pattern = rf"(<!-- {part}, by `python -m scripts\.advisor_page` -->\n\n)(.*?)(\n\n<!-- end -->)"
    found = re.search(pattern, text, re.DOTALL)
    assert found is not None, part
    return found


def page(text: str) -> str:
    """The page with all of its parts as they are to be."""
    for part in PARTS:
        found = _find(part, text)
        text = text[: found.start(2)] + current(part) + text[found.end(2) :]
    return text


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")

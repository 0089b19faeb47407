"""What engines do otherwise than the rest: the rows of deviations.toml."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path


@dataclass(frozen=True)
class Deviation:
    """Cases that have one reason: `cases` is a regular expression for their names. Without precision, it is in all."""

    engine: str
    cases: str
    why: str
    is_refused: bool
    precision: str = ""

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(self.cases)

    def fits(self, engine: str, precision: str, case: str) -> bool:
        """Whether the row is of a case, by its name."""
        return self.engine == engine and self.precision in ("", precision) and bool(self.pattern.search(case))


def deviation(engine: str, precision: str, case: str) -> Deviation | None:
    """The row for a case, by its name, on an engine; None if it does as others do."""
    return next((row for row in DEVIATIONS if row.fits(engine, precision, case)), None)


def _read(path: Path) -> list[Deviation]:
    rows = tomllib.loads(path.read_text())
    return [Deviation(**row, is_refused=kind == "refused") for kind in ("refused", "different") for row in rows[kind]]


DEVIATIONS = _read(Path(__file__).parent / "deviations.toml")

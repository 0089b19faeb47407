"""What ``tl bench`` shows beside what it measures: estimates for a chip with a Neural Engine, marked as such."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tensorlogic.cli.console import number_text, table_of
from tensorlogic.errors import TensorLogicError

if TYPE_CHECKING:
    from rich.table import Table

    from tensorlogic.advisor import Advice
    from tensorlogic.advisor.estimate import Range

UNKNOWN = "unknown"


def estimated(model: Path, function: str | None, chip: str) -> Advice | str:
    """The advice about a model, or why nothing can be estimated of it."""
    from tensorlogic.advisor import advise

    try:
        advice = advise(model, chip, function=function)
    except TensorLogicError as error:
        return error.diagnostics[0].message
    return advice if advice.estimates else "the work of a prediction is not known from the file"


def as_dict(found: Advice | str) -> dict[str, Any]:
    """The same as plain data, for ``--json``."""
    if isinstance(found, str):
        return {"unknown": found}
    return {"chip": found.chip.name, **{name: each.as_dict() for name, each in found.estimates.items()}}


def estimates_table(found: Advice) -> Table:
    """A row for the expected placement, and for each unit alone."""
    title = f"Estimated for {found.chip.name}, not measured: most likely, (from – to)"
    table = table_of(title, "estimated on", "latency\nms", "power\nW", "per\njoule", numbers=3)
    for name, each in found.estimates.items():
        table.add_row(_where(found, name), *map(_cell, (each.latency, each.power, each.efficiency)))
    return table


def _where(found: Advice, name: str) -> str:
    from tensorlogic.advisor.units import NAMES

    alone = {str(unit): unit_name for unit, unit_name in NAMES.items()}.get(name)
    if alone is not None:
        return f"{alone} alone"
    expected = dict.fromkeys(NAMES[region.unit] for region in found.placement.regions)
    return f"expected:\n{', '.join(expected)}"


def _cell(value: Range | None) -> str:
    if value is None:
        return UNKNOWN
    low, likely, high = map(number_text, value)
    return f"{likely}\n({low} – {high})"

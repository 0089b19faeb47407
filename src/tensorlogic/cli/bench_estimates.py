"""What ``tl bench`` shows beside what it measures: estimates for a chip with a Neural Engine, marked as such."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tensorlogic.errors import TensorLogicError

if TYPE_CHECKING:
    from tensorlogic.advisor import Advice


def estimated(model: Path, function: str | None, chip: str) -> Advice | str:
    """The advice about a model, or why nothing can be estimated of it."""
    from tensorlogic.advisor import advise
    from tensorlogic.advisor.estimates import UNKNOWN

    try:
        advice = advise(model, chip, function=function)
    except TensorLogicError as error:
        return error.diagnostics[0].message
    return advice if advice.estimates else UNKNOWN


def as_dict(found: Advice | str) -> dict[str, Any]:
    """The same as plain data, for ``--json``."""
    if isinstance(found, str):
        return {"unknown": found}
    return {"chip": found.chip.name, **{name: each.as_dict() for name, each in found.estimates.items()}}

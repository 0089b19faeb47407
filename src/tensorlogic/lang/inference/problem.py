"""An operation that can never succeed."""

from __future__ import annotations

from tensorlogic.errors import Code
from tensorlogic.errors.codes import WRONG_SHAPE, WRONG_TYPE


class ImpossibleError(Exception):
    """What is known of the operands shows that an operation would fail."""

    def __init__(
        self, message: str, code: Code = WRONG_SHAPE, help: str | None = None, notes: tuple[str, ...] = ()
    ) -> None:
        super().__init__(message)
        self.message, self.code, self.help, self.notes = message, code, help, notes


def wrong_type(message: str, help: str | None = None, *notes: str) -> ImpossibleError:
    """The operands are not of a kind that fits."""
    return ImpossibleError(message, WRONG_TYPE, help, notes)

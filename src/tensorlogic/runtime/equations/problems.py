"""What is wrong with an equation, as data."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tensorlogic.errors import Code, SourceError
from tensorlogic.errors.codes import WRONG_SHAPE


class EquationError(Exception):
    """An equation that cannot be run.

    `index` is the name of the index that it is about, and `equation` the number of the equation among those that were
    given, each None where there is none: whoever knows the text makes a diagnostic of it, at its place.
    """

    def __init__(
        self,
        message: str,
        help: str | None = None,
        index: str | None = None,
        equation: int | None = None,
        code: Code = WRONG_SHAPE,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.help = help
        self.index = index
        self.equation = equation
        self.code = code


@contextmanager
def located(number: int) -> Iterator[None]:
    """Errors inside are about this equation, unless they say of which."""
    try:
        yield
    except EquationError as error:
        if error.equation is None:
            error.equation = number
        raise
    except SourceError as error:
        found = error.diagnostics[0]
        raise EquationError(found.message, found.help, equation=number, code=found.code) from error

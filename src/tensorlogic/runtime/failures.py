"""Exceptions of a running program as errors at a place in its text."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice, pairwise
from types import FrameType, TracebackType
from typing import Final, NamedTuple

from tensorlogic.errors import Diagnostic, SourceError, SourcePlace, TensorLogicError, UsageError
from tensorlogic.errors.codes import WRONG_TYPE
from tensorlogic.runtime.calls import misfit
from tensorlogic.runtime.given import given
from tensorlogic.runtime.kinds import kind
from tensorlogic.runtime.lazy import is_tensor
from tensorlogic.runtime.loader import Unit
from tensorlogic.runtime.types import argument
from tensorlogic.runtime.wording import reword

MOST_CALLS: Final = 8
"""So many calls are shown of the way to a failure."""


class Step(NamedTuple):
    """A function of the program that was running, and how far it had come."""

    name: str
    place: SourcePlace
    frame: FrameType
    unit: Unit
    position: tuple[int, ...]
    """The lines and columns of what was being evaluated."""
    innermost: bool
    """Whether it failed by itself, and not in a Python function that it called."""

    @property
    def expression(self) -> ast.expr | None:
        """What was being evaluated, as the outermost Python expression at its position."""
        for node in ast.walk(self.unit.module):
            if isinstance(node, ast.expr) and self.position == _position(node):
                return node
        return None


def _position(node: ast.expr) -> tuple[int | None, ...]:
    return node.lineno, node.col_offset, node.end_lineno, node.end_col_offset


def explain(error: Exception, units: Iterable[Unit]) -> TensorLogicError:
    """The error to show for an exception that came out of a running program."""
    steps = _steps(error, {unit.program.source.name: unit for unit in units})
    if not isinstance(error, TensorLogicError):
        error = (_wrong_call(error, steps[-1]) if steps else None) or _failure(error, steps)
    shown_as = SourceError if isinstance(error, UsageError) else type(error)
    return shown_as.of(_placed(d, steps) for d in error.diagnostics)


def _steps(error: Exception, units: Mapping[str, Unit]) -> list[Step]:
    """The functions of the program on the way to the failure, the one that failed last."""
    steps: list[Step] = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if (unit := units.get(code.co_filename)) is not None:
            steps.append(_step(trace, unit))
        elif code is argument.__code__:
            steps.pop()  # The function that holds its arguments against their types is not to blame.
        trace = trace.tb_next
    return steps


def _step(trace: TracebackType, unit: Unit) -> Step:
    code = trace.tb_frame.f_code
    positions = next(islice(code.co_positions(), trace.tb_lasti // 2, None))
    line, end_line, column, end_column = (0 if p is None else p for p in positions)
    place = unit.program.source.between((line, column), (end_line, end_column))
    position = (line, column, end_line, end_column)
    return Step(code.co_name, place, trace.tb_frame, unit, position, trace.tb_next is None)


def _wrong_call(error: Exception, step: Step) -> SourceError | None:
    """The error for a builtin that refused its arguments before it began to run."""
    call = step.expression if isinstance(error, TypeError) and step.innermost else None
    if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and "·" in call.func.id):
        return None
    function = step.frame.f_globals[call.func.id]
    return misfit(function, len(call.args), [_plain(str(k.arg)) for k in call.keywords])


def _failure(error: Exception, steps: Sequence[Step]) -> SourceError:
    inside = given(error.__traceback__)
    if inside is not None and (wrong := inside.misfit()) is not None:
        return SourceError(WRONG_TYPE, wrong)
    code, message, help = reword(error, "these values" if inside is None else inside.kinds())
    notes = tuple(_operands(steps[-1])) if steps else ()
    return SourceError(code, message, help=help, notes=notes)


def _operands(step: Step) -> Iterator[str]:
    """What the tensors are that the failed expression names."""
    expression = step.expression
    nodes = () if expression is None else ast.walk(expression)
    names = sorted((n.lineno, n.col_offset, n.id) for n in nodes if isinstance(n, ast.Name))
    for name in dict.fromkeys(name for _, _, name in names):
        value = step.frame.f_locals.get(name, step.frame.f_globals.get(name))
        if is_tensor(value) and "·t" not in name:
            yield f"`{_plain(name)}` is {kind(value)}"


def _placed(diagnostic: Diagnostic, steps: Sequence[Step]) -> Diagnostic:
    """The diagnostic at the place of the failure, unless it has a place of its own."""
    if not steps:
        return diagnostic
    place, calls = steps[-1].place, _calls(steps)
    if diagnostic.place is None:
        return replace(diagnostic, place=place, notes=(*diagnostic.notes, *calls))
    return replace(diagnostic, notes=(*diagnostic.notes, f"at {place.file}:{place.line}", *calls))


def _calls(steps: Sequence[Step]) -> list[str]:
    """The way to the failure, from the inside out."""
    calls = [
        f"in `{_plain(inner.name)}`, called at {outer.place.file}:{outer.place.line}"
        for outer, inner in pairwise(steps)
        if not inner.name.startswith("main·m")
    ][::-1]
    if len(calls) <= MOST_CALLS:
        return calls
    half = MOST_CALLS // 2
    return [*calls[:half], f"… {len(calls) - MOST_CALLS} more calls …", *calls[-half:]]


def _plain(name: str) -> str:
    return name.partition("·")[0]

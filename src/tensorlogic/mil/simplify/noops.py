"""Operations that give one of their operands, bit for bit."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tensorlogic.mil.program import Operand, Operation
from tensorlogic.mil.simplify.scope import Array, Rule, Scope, Shape, same

Same = Callable[[Operation, Scope], Operand | None]
"""The operand that an operation gives, if it does."""


def is_one_shape(first: Shape | None, second: Shape | None) -> bool:
    """Whether values of as many elements with these sizes surely have the same shape: at most one size is unknown."""
    return first is not None and first == second and first.count(None) <= 1 and 0 not in first


def _of_one_shape(operation: Operation, scope: Scope) -> Operand | None:
    x = scope.only(operation, "x")
    return x if x is not None and is_one_shape(scope.shape(x), scope.shape(operation.name)) else None


def _whole(operation: Operation, scope: Scope) -> Operand | None:
    """A slice with all elements, in their order."""
    steps = scope.whole(operation, "stride")
    shape = scope.shape(operation.name)
    if steps is None or shape is None or None in shape or any(step < 1 for step in steps):
        return None
    return _of_one_shape(operation, scope)


def _with(parameter: str, value: int) -> Same:
    """x, where all numbers of a parameter are `value`."""

    def find(operation: Operation, scope: Scope) -> Operand | None:
        numbers = scope.plain(operation, parameter)
        return scope.only(operation, "x") if numbers is not None and set(numbers) <= {value} else None

    return find


def _wide_band(operation: Operation, scope: Scope) -> Operand | None:
    widths = [scope.whole(operation, side, (-1,)) for side in ("lower", "upper")]
    kept = all(width is not None and all(number < 0 for number in width) for width in widths)
    return scope.only(operation, "x") if kept else None


def _only_value(operation: Operation, scope: Scope) -> Operand | None:
    value = scope.only(operation, "values")
    return value if value is not None and scope.shape(value) not in (None, ()) else None


def _neutral(is_neutral: Callable[[Array], bool], *sides: tuple[str, str]) -> Same:
    """The operand whose partner is neutral; the sides are (operand, partner)."""

    def find(operation: Operation, scope: Scope) -> Operand | None:
        for side, partner in sides:
            operand, array = scope.only(operation, side), scope.array(scope.only(operation, partner))
            if operand is None or array is None or not is_neutral(array):
                continue
            if array.ndim == 0 or _is_known_shape(scope.shape(operand), scope.shape(operation.name)):
                return operand
        return None

    return find


def _may_agree(first: Shape | None, second: Shape | None) -> bool:
    """Whether two shapes are the same as far as both are known: others are for the engine to refuse."""
    if first is None or second is None or len(first) != len(second):
        return first is None or second is None
    return all(None in pair or pair[0] == pair[1] for pair in zip(first, second, strict=True))


def _is_known_shape(first: Shape | None, second: Shape | None) -> bool:
    return first is not None and first == second and None not in first


def _is_one(array: Array) -> bool:
    return bool((array == 1).all())


def _is_zero(array: Array) -> bool:
    return bool((array == 0).all())


def _adds_nothing(array: Array) -> bool:
    """Zeros; of floats only negative ones, since -0 + 0 is 0."""
    return _is_zero(array) and (array.dtype.kind != "f" or bool(np.signbit(array).all()))


def _takes_nothing(array: Array) -> bool:
    return _is_zero(array) and (array.dtype.kind != "f" or not np.signbit(array).any())


_SAME: dict[str, Same] = {
    "add": _neutral(_adds_nothing, ("x", "y"), ("y", "x")),
    "band_part": _wide_band,
    "concat": _only_value,
    "expand_dims": _of_one_shape,
    "flatten2d": _of_one_shape,
    "mul": _neutral(_is_one, ("x", "y"), ("y", "x")),
    "pad": _with("pad", 0),
    "real_div": _neutral(_is_one, ("x", "y")),
    "reshape": _of_one_shape,
    "slice_by_index": _whole,
    "slice_by_size": _whole,
    "squeeze": _of_one_shape,
    "sub": _neutral(_takes_nothing, ("x", "y")),
    "tile": _with("reps", 1),
}


def _rule(find: Same) -> Rule:
    def rule(operation: Operation, scope: Scope) -> tuple[Operation, ...] | None:
        operand = find(operation, scope)
        if operand is None or not scope.alike(operand, operation.name):
            return None
        return same(operation, operand) if _may_agree(scope.shape(operand), scope.shape(operation.name)) else None

    return rule


RULES: dict[str, Rule] = {name: _rule(find) for name, find in _SAME.items()}

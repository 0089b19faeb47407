"""Operations that only give values another shape: two of them are one."""

from __future__ import annotations

import numpy as np

from tensorlogic.mil.program import Literal, Operand, Operation
from tensorlogic.mil.simplify.chains import chain
from tensorlogic.mil.simplify.scope import LARGEST, Rule, Scope, Shape
from tensorlogic.mil.simplify.transposes import order_of
from tensorlogic.mil.types import INT32, TensorType

_VIEWS = ("expand_dims", "flatten2d", "reshape", "squeeze")


def view(operation: Operation, scope: Scope) -> tuple[Operation, ...] | None:
    """One reshape in place of two views, also across operations with single numbers."""
    shape, found = scope.shape(operation.name), chain(scope.only(operation, "x"), _VIEWS, _is_number, scope)
    if found is None or shape is None or not _can_be_written(shape):
        return None
    source = found.first.inputs["x"][0]
    moved = found.moved(scope, lambda _: scope.shape(source), lambda each: each)
    return (*moved, _reshape(operation, moved[-1].name if moved else source, shape))


def still(operation: Operation, scope: Scope) -> tuple[Operation, ...] | None:
    """A reshape in place of a transpose that only moves axes of size 1."""
    x, order, shape = scope.only(operation, "x"), order_of(operation, scope), scope.shape(operation.name)
    if x is None or order is None or shape is None or len(shape) != len(order) or not _can_be_written(shape):
        return None
    moving = [axis for axis, size in zip(order, shape, strict=True) if size != 1]
    return (_reshape(operation, x, shape),) if moving == sorted(moving) else None


def _is_number(array: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> bool:
    return array.ndim == 0


def _can_be_written(shape: Shape) -> bool:
    return shape.count(None) <= 1 and all(size is None or 0 < size <= LARGEST for size in shape)


def _reshape(operation: Operation, x: Operand, shape: Shape) -> Operation:
    sizes = np.array([-1 if size is None else size for size in shape], np.int32)
    return Operation(
        "reshape", {"x": (x,), "shape": (Literal(TensorType(INT32, sizes.shape), sizes),)}, operation.outputs
    )


RULES: dict[str, Rule] = {**dict.fromkeys(_VIEWS, view), "transpose": still}

"""Transposes that cancel each other, also across element-wise operations, or that a product does by itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tensorlogic.mil.program import Literal, Operand, Operation
from tensorlogic.mil.simplify.chains import BINARY, chain
from tensorlogic.mil.simplify.scope import Rule, Scope, Shape, given, same
from tensorlogic.mil.types import BOOL, INT32, TensorType

Order = tuple[int, ...]


def transpose(operation: Operation, scope: Scope) -> tuple[Operation, ...] | None:
    """Nothing in place of a transpose that moves no axis, or that undoes another; one in place of two."""
    x, order = scope.only(operation, "x"), order_of(operation, scope)
    if x is None or order is None:
        return None
    if order == tuple(range(len(order))):
        return same(operation, x) if scope.alike(x, operation.name) else None
    found = chain(x, ("transpose",), lambda array: array.ndim <= len(order), scope)
    before = None if found is None else order_of(found.first, scope)
    if found is None or before is None or len(before) != len(order):
        return None
    both = tuple(before[axis] for axis in order)
    if found.links and both != tuple(range(len(both))):
        return None
    moved = found.moved(scope, lambda shape: _shape_back(shape, before), lambda each: _back(each, before, scope))
    source = moved[-1].name if moved else found.first.inputs["x"][0]
    return (*moved, _ordered(operation, source, both))


def joined(operation: Operation, scope: Scope) -> tuple[Operation, ...] | None:
    """One transpose after an operation on two values that are transposed alike."""
    sides = [scope.only(operation, name) for name in ("x", "y")]
    before = [each for each in map(scope.producer, sides) if each is not None and each.type == "transpose"]
    orders = {order_of(each, scope) for each in before}
    order = orders.pop() if len(before) == 2 and len(orders) == 1 else None
    if order is None or not all(map(scope.alone, sides)):
        return None
    value = scope.fresh(operation.outputs[0], _shape_back(scope.shape(operation.name), order))
    x, y = (each.inputs["x"][0] for each in before)
    inner = replace(given(operation, x=x, y=y), outputs=(value,))
    return inner, _ordered(replace(before[0], outputs=operation.outputs), value.name, order)


def matmul(operation: Operation, scope: Scope) -> tuple[Operation, ...] | None:
    """A product that swaps the last two axes of an operand by itself."""
    for side in ("x", "y"):
        operand, flag = scope.only(operation, side), scope.plain(operation, f"transpose_{side}", (False,))
        before = scope.producer(operand)
        if before is None or before.type != "transpose" or not scope.alone(operand) or flag not in ((False,), (True,)):
            continue
        order = order_of(before, scope) or ()
        if len(order) > 1 and order == (*range(len(order) - 2), len(order) - 1, len(order) - 2):
            swapped = Literal(TensorType(BOOL), np.array(not flag[0]))
            return (given(operation, **{side: before.inputs["x"][0], f"transpose_{side}": swapped}),)
    return None


def order_of(operation: Operation, scope: Scope) -> Order | None:
    """The axes of a transpose's input in their new order."""
    perm = scope.whole(operation, "perm") or ()
    order = tuple(axis % len(perm) for axis in perm)
    return order if order and sorted(order) == list(range(len(order))) else None


def _ordered(operation: Operation, x: Operand, order: Order) -> Operation:
    numbers = np.array(order, np.int32)
    return given(operation, x=x, perm=Literal(TensorType(INT32, numbers.shape), numbers))


def _back(operand: Operand, before: Order, scope: Scope) -> Operand:
    """A constant whose axes are put back from the order `before`."""
    array, declared = scope.array(operand), scope.type(operand)
    if array is None or declared is None or array.ndim == 0:
        return operand
    whole = array.reshape((1,) * (len(before) - array.ndim) + array.shape)
    data = np.ascontiguousarray(whole.transpose(np.argsort(before)))
    return Literal(TensorType(declared.dtype, data.shape), data)


def _shape_back(shape: Shape | None, before: Order) -> Shape | None:
    if shape is None or len(shape) != len(before):
        return None
    return tuple(shape[before.index(axis)] for axis in range(len(before)))


RULES: dict[str, Rule] = {"transpose": transpose, "matmul": matmul, **dict.fromkeys(BINARY, joined)}

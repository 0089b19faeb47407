"""Transposes that cancel each other, also across element-wise operations, or that a product does by itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tensorlogic.mil.declare import Op, Role
from tensorlogic.mil.ops import activation, elementwise_binary, elementwise_unary
from tensorlogic.mil.program import Literal, Operand, Operation
from tensorlogic.mil.simplify.scope import Rule, Scope, Shape, given, same
from tensorlogic.mil.types import BOOL, INT32, TensorType

Order = tuple[int, ...]

_FARTHEST = 32
"""Operations across which a transpose looks for its inverse."""


def _is_elementwise(op: Op) -> bool:
    """Whether x alone goes in, and every element is computed like every other."""
    others = [parameter for name, parameter in op.parameters.items() if name != "x"]
    return all(other.role is Role.PLAIN and other.name != "axis" for other in others)


_UNARY = {
    op.name
    for family in (elementwise_unary, activation)
    for op in vars(family).values()
    if isinstance(op, Op) and _is_elementwise(op)
}
_BINARY = {op.name for op in vars(elementwise_binary).values() if isinstance(op, Op)}


def transpose(operation: Operation, scope: Scope) -> tuple[Operation, ...] | None:
    """Nothing in place of a transpose that moves no axis, and one for two."""
    x, order = scope.only(operation, "x"), _order(operation, scope)
    if x is None or order is None:
        return None
    if order == tuple(range(len(order))) and scope.alike(x, operation.name):
        return same(operation, x)
    chain = _chain(x, len(order), scope)
    if chain is None:
        return None
    first, between = chain[0], chain[1:]
    before = _order(first, scope)
    if before is None or len(before) != len(order):
        return None
    both = tuple(before[axis] for axis in order)
    if between and both != tuple(range(len(both))):
        return None
    moved = _moved(between, first.inputs["x"][0], before, scope)
    return (*moved, _with_order(operation, moved[-1].name if moved else first.inputs["x"][0], both))


def _chain(x: Operand, rank: int, scope: Scope) -> list[Operation] | None:
    """The nearest transpose before x, and the element-wise operations of which each goes into the next alone."""
    chain: list[Operation] = []
    operand: Operand | None = x
    while len(chain) <= _FARTHEST:
        operation = scope.producer(operand)
        if operation is None:
            return None
        chain.insert(0, operation)
        if operation.type == "transpose":
            return chain
        moving = _moving(operation, rank, scope)
        if moving is None or not scope.alone(operand):
            return None
        operand = operation.inputs[moving][0]
    return None


def _moving(operation: Operation, rank: int, scope: Scope) -> str | None:
    """The parameter that an element-wise operation of one value computes on."""
    if operation.type in _UNARY:
        return "x"
    if operation.type not in _BINARY:
        return None
    arrays = {name: scope.array(scope.only(operation, name)) for name in ("x", "y")}
    moving = [name for name, array in arrays.items() if array is None]
    fixed = [array for array in arrays.values() if array is not None]
    return moving[0] if len(moving) == len(fixed) == 1 and fixed[0].ndim <= rank else None


def _moved(between: list[Operation], x: Operand, before: Order, scope: Scope) -> tuple[Operation, ...]:
    """The same operations on values whose axes are not yet in the order `before`."""
    moved: list[Operation] = []
    for operation in between:
        moving = _moving(operation, len(before), scope)
        assert moving is not None, "the chain has this operation"
        operands = {moving: moved[-1].name if moved else x}
        other = {"x": "y", "y": "x"}[moving]
        if operation.type in _BINARY:
            operands[other] = _back(operation.inputs[other][0], before, scope)
        value = scope.fresh(operation.outputs[0], _shape_back(scope.shape(operation.name), before))
        moved.append(replace(given(operation, **operands), outputs=(value,)))
    return tuple(moved)


def _back(operand: Operand, before: Order, scope: Scope) -> Operand:
    """A literal whose axes are put back from the order `before`."""
    literal, array = scope.known(operand), scope.array(operand)
    assert literal is not None and array is not None and isinstance(literal.type, TensorType)
    if array.ndim == 0:
        return operand
    whole = array.reshape((1,) * (len(before) - array.ndim) + array.shape)
    data = np.ascontiguousarray(whole.transpose(np.argsort(before)))
    return Literal(TensorType(literal.type.dtype, data.shape), data)


def _shape_back(shape: Shape | None, before: Order) -> Shape | None:
    if shape is None or len(shape) != len(before):
        return None
    return tuple(shape[before.index(axis)] for axis in range(len(before)))


def _with_order(operation: Operation, x: Operand, order: Order) -> Operation:
    numbers = np.array(order, np.int32)
    return given(operation, x=x, perm=Literal(TensorType(INT32, numbers.shape), numbers))


def _order(operation: Operation, scope: Scope) -> Order | None:
    """The axes of a transpose's input in their new order."""
    perm = scope.plain(operation, "perm") or ()
    order = tuple(axis % len(perm) for axis in perm)
    return order if order and sorted(order) == list(range(len(order))) else None


def joined(operation: Operation, scope: Scope) -> tuple[Operation, ...] | None:
    """One transpose after an operation on two values that are transposed alike."""
    sides = [scope.only(operation, name) for name in ("x", "y")]
    before = [each for each in map(scope.producer, sides) if each is not None and each.type == "transpose"]
    orders = {_order(each, scope) for each in before}
    order = orders.pop() if len(before) == 2 and len(orders) == 1 else None
    if order is None or not all(map(scope.alone, sides)):
        return None
    value = scope.fresh(operation.outputs[0], _shape_back(scope.shape(operation.name), order))
    x, y = (each.inputs["x"][0] for each in before)
    inner = replace(given(operation, x=x, y=y), outputs=(value,))
    return inner, _with_order(replace(before[0], outputs=operation.outputs), value.name, order)


def matmul(operation: Operation, scope: Scope) -> tuple[Operation, ...] | None:
    """A product that swaps the last two axes of an operand by itself."""
    for side in ("x", "y"):
        operand, flag = scope.only(operation, side), scope.plain(operation, f"transpose_{side}", (False,))
        before = scope.producer(operand)
        if before is None or before.type != "transpose" or not scope.alone(operand) or flag not in ((False,), (True,)):
            continue
        order = _order(before, scope) or ()
        if len(order) > 1 and order == (*range(len(order) - 2), len(order) - 1, len(order) - 2):
            swapped = Literal(TensorType(BOOL), np.array(not flag[0]))
            return (given(operation, **{side: before.inputs["x"][0], f"transpose_{side}": swapped}),)
    return None


RULES: dict[str, Rule] = {"transpose": transpose, "matmul": matmul, **dict.fromkeys(_BINARY, joined)}

"""Values that are known before the program runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from tensorlogic.mil.declare import Role
from tensorlogic.mil.ops import declaration
from tensorlogic.mil.program import Literal, Operand, Operation, Value
from tensorlogic.mil.simplify.scope import Array, Rule, Scope
from tensorlogic.mil.simplify.transposes import order_of
from tensorlogic.mil.simplify.unused import is_pure
from tensorlogic.mil.types import STRING, DType, TensorType

_LARGE = 1 << 20
"""Bytes above which a result is only worked out in advance where its operands take as much."""


def evaluated(operation: Operation, scope: Scope) -> tuple[Operation, ...] | None:
    """The results of an operation on literals, as far as the caller of `simplify` works them out."""
    if scope.evaluate is None or not operation.inputs or not _is_worked_out(operation, scope):
        return None
    known: dict[str, tuple[Operand, ...]] = {}
    taken = 0.0
    for parameter, operands in operation.inputs.items():
        literals = [scope.known(each) for each in operands]
        known[parameter] = tuple(each for each in literals if each is not None)
        if len(known[parameter]) < len(operands):
            return None
        taken += sum(_bytes(each.type) for each in literals if each is not None)
    if sum(_bytes(value.type) for value in operation.outputs) > max(_LARGE, 2 * taken):
        return None
    results = scope.evaluate(replace(operation, inputs=known))
    return None if results is None else _written(operation, results, scope)


def _is_worked_out(operation: Operation, scope: Scope) -> bool:
    """Whether the operation only depends on its operands; compressed weights stay compressed."""
    declared = declaration(operation.type, scope.opset)
    if declared is None or not is_pure(operation, scope.opset) or operation.type == "identity":
        return False
    return not any(parameter.role is Role.STORED for parameter in declared.parameters.values())


def _bytes(declared: object) -> float:
    """How much values take; infinite where that is not known, and for what is no tensor of numbers."""
    if not isinstance(declared, TensorType) or declared.elements is None or declared.dtype == STRING:
        return np.inf
    return declared.elements * declared.dtype.bits / 8


def _written(operation: Operation, literals: tuple[Literal, ...], scope: Scope) -> tuple[Operation, ...] | None:
    """Constants in place of an operation. None where one of them would not be what the program declares."""
    constants = []
    if len(literals) != len(operation.outputs):
        return None
    for value, literal in zip(operation.outputs, literals, strict=True):
        declared, found = value.type, literal.type
        if not isinstance(declared, TensorType) or not isinstance(found, TensorType):
            return None
        fits = declared.accepts(tuple(size or 0 for size in found.shape or ()))
        if not fits or scope.computed(declared.dtype) != scope.computed(found.dtype):
            return None
        if value.name in scope.kept and declared != found:
            return None
        constants.append(Operation("const", {}, (Value(value.name, found),), {"val": literal}))
    return tuple(constants)


def _sizes(operation: Operation, scope: Scope) -> tuple[Operation, ...] | None:
    x = scope.only(operation, "x")
    return None if x is None else _numbers(operation, scope.shape(x), scope)


def _size(operation: Operation, scope: Scope) -> tuple[Operation, ...] | None:
    """One or some of the sizes of a value, whose others may be unknown."""
    sizes = scope.producer(scope.only(operation, "x"))
    x = scope.only(sizes, "x") if sizes is not None and sizes.type == "shape" else None
    shape, places = None if x is None else scope.shape(x), scope.array(scope.only(operation, "indices"))
    first = all(scope.plain(operation, name, (0,)) == (0,) for name in ("axis", "batch_dims"))
    if shape is None or places is None or places.dtype.kind not in "iu" or not first:
        return None
    if not all(0 <= each < len(shape) for each in places.flat):
        return None
    found = [shape[each] for each in places.flat]
    return _numbers(operation, tuple(found), scope, places.shape)


def _numbers(
    operation: Operation, numbers: tuple[int | None, ...] | None, scope: Scope, shape: tuple[int, ...] = (-1,)
) -> tuple[Operation, ...] | None:
    declared = scope.type(operation.name)
    if numbers is None or None in numbers or declared is None or np.dtype(declared.dtype.numpy).kind not in "iu":
        return None
    if any(number is not None and number > np.iinfo(declared.dtype.numpy).max for number in numbers):
        return None
    return _as_constant(operation, np.array(numbers, declared.dtype.numpy).reshape(shape), declared.dtype, scope)


def _as_constant(operation: Operation, array: Array, dtype: DType, scope: Scope) -> tuple[Operation, ...] | None:
    return _written(operation, (Literal(TensorType(dtype, array.shape), array),), scope)


def _moved(move: Callable[[Array, Operation, Scope], Array | None]) -> Rule:
    """The elements of a literal in another shape or order."""

    def rule(operation: Operation, scope: Scope) -> tuple[Operation, ...] | None:
        x = scope.only(operation, "x")
        array, declared = scope.array(x), None if x is None else scope.type(x)
        result = None if array is None else move(array, operation, scope)
        return None if result is None or declared is None else _as_constant(operation, result, declared.dtype, scope)

    return rule


def _reshaped(array: Array, operation: Operation, scope: Scope) -> Array | None:
    declared = scope.type(operation.name)
    if declared is None or declared.shape is None or declared.elements != array.size:
        return None
    return array.reshape([size or 0 for size in declared.shape])


def _transposed(array: Array, operation: Operation, scope: Scope) -> Array | None:
    order = order_of(operation, scope)
    if order is None or len(order) != array.ndim:
        return None
    return np.ascontiguousarray(array.transpose(order))


def _cast(operation: Operation, scope: Scope) -> tuple[Operation, ...] | None:
    """A literal in another type. Floats that an integer cannot hold are left to the engine."""
    array, declared = scope.array(scope.only(operation, "x")), scope.type(operation.name)
    if array is None or declared is None or scope.plain(operation, "dtype") != (declared.dtype.name,):
        return None
    dtype = scope.held(declared.dtype)
    if dtype.numpy is None or object in (array.dtype, dtype.numpy) or not _fits(array, np.dtype(dtype.numpy)):
        return None
    return _as_constant(operation, array.astype(dtype.numpy), dtype, scope)


def _fits(array: Array, dtype: np.dtype[Any]) -> bool:
    if array.dtype.kind != "f" or dtype.kind not in "iu":
        return True
    limits, numbers = np.iinfo(dtype), array.astype(np.float64)
    return bool(((numbers > limits.min - 1.0) & (numbers < limits.max + 1.0)).all())


RULES: dict[str, Rule] = {
    "cast": _cast,
    "expand_dims": _moved(_reshaped),
    "flatten2d": _moved(_reshaped),
    "gather": _size,
    "reshape": _moved(_reshaped),
    "shape": _sizes,
    "squeeze": _moved(_reshaped),
    "transpose": _moved(_transposed),
}

"""Operations that compute what another one has computed before."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np

from tensorlogic.mil.program import Literal, Operand, Operation
from tensorlogic.mil.simplify.scope import Scope
from tensorlogic.mil.simplify.unused import is_pure

_SMALL = 1024
"""Bytes of a literal that is compared by its value; larger ones are equal where they are stored in one place."""


def merged(operation: Operation, scope: Scope) -> tuple[Operation, ...] | None:
    """The results of an operation before it with the same type, operands and attributes."""
    if operation.type == "identity" or not operation.outputs or not is_pure(operation, scope.opset):
        return None
    first = scope.seen.setdefault(_key(operation), operation)
    if first is operation:
        return None
    return tuple(
        Operation("identity", {"x": (had.name,)}, (value,))
        for had, value in zip(first.outputs, operation.outputs, strict=True)
    )


def _key(operation: Operation) -> Hashable:
    operands = tuple((parameter, tuple(map(_token, given))) for parameter, given in sorted(operation.inputs.items()))
    attributes = tuple((name, _token(value)) for name, value in sorted(operation.attributes.items()) if name != "name")
    return operation.type, operands, attributes, tuple(value.type for value in operation.outputs)


def _token(operand: Operand) -> Hashable:
    """What is equal for equal operands, without comparing weights."""
    if not isinstance(operand, Literal):
        return operand
    if operand.blob is not None:
        return operand.type, operand.blob
    if not isinstance(operand.data, np.ndarray):
        return operand.type, tuple(map(_token, operand.data))
    if operand.data.dtype == object:
        return operand.type, tuple(operand.data.ravel().tolist())
    return operand.type, operand.data.tobytes() if operand.data.nbytes <= _SMALL else id(operand.data)

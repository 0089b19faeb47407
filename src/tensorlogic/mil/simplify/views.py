"""Operations that only give values another shape: two of them are one."""

from __future__ import annotations

import numpy as np

from tensorlogic.mil.program import Literal, Operation
from tensorlogic.mil.simplify.scope import Rule, Scope
from tensorlogic.mil.types import INT32, TensorType

_VIEWS = ("expand_dims", "flatten2d", "reshape", "squeeze")


def view(operation: Operation, scope: Scope) -> tuple[Operation, ...] | None:
    """One reshape of what went into the view before, to a shape of which at most one size is unknown."""
    before, shape = scope.producer(scope.only(operation, "x")), scope.shape(operation.name)
    if before is None or before.type not in _VIEWS or shape is None or 0 in shape or shape.count(None) > 1:
        return None
    sizes = np.array([-1 if size is None else size for size in shape], np.int32)
    operands = {"x": before.inputs["x"], "shape": (Literal(TensorType(INT32, sizes.shape), sizes),)}
    return (Operation("reshape", operands, operation.outputs),)


RULES: dict[str, Rule] = dict.fromkeys(_VIEWS, view)

"""Zeros around what goes into a convolution, which can add them itself."""

from __future__ import annotations

import numpy as np

from tensorlogic.mil.program import Literal, Operation
from tensorlogic.mil.simplify.scope import LARGEST, Rule, Scope, given
from tensorlogic.mil.types import INT32, STRING, TensorType

Pads = tuple[int, ...]


def padded(operation: Operation, scope: Scope) -> tuple[Operation, ...] | None:
    """The convolution of what a `pad` of zeros widens along the spatial axes."""
    pad, own = scope.producer(scope.only(operation, "x")), own_pads(operation, scope)
    more = None if pad is None or pad.type != "pad" else _zeros(pad, scope)
    if pad is None or own is None or more is None or not scope.alike(pad.inputs["x"][0], pad.name):
        return None
    spatial, others = more[len(more) - len(own) :], more[: len(more) - len(own)]
    if any(others) or min(more) < 0:
        return None
    pads = np.add(own, (0,) * (len(own) - len(spatial)) + spatial)
    if pads.max() > LARGEST:
        return None
    kind = Literal(TensorType(STRING), np.array("custom", object))
    amounts = Literal(TensorType(INT32, pads.shape), pads.astype(np.int32))
    return (given(operation, x=pad.inputs["x"][0], pad_type=kind, pad=amounts),)


def own_pads(operation: Operation, scope: Scope) -> Pads | None:
    """The (before, after) of each spatial axis that a convolution adds; None where that depends on its input."""
    weight = scope.only(operation, "weight")
    shape = None if weight is None else scope.shape(weight)
    kind = scope.plain(operation, "pad_type", ("valid",))
    if shape is None or kind not in (("valid",), ("custom",)):
        return None
    none = (0, 0) * (len(shape) - 2)
    pads = scope.whole(operation, "pad", none) if kind == ("custom",) else none
    return pads if pads is not None and len(pads) == len(none) else None


def _zeros(pad: Operation, scope: Scope) -> Pads | None:
    """How many zeros a `pad` adds on its axes; None where it adds something else."""
    kind, value = scope.plain(pad, "mode", ("constant",)), scope.plain(pad, "constant_val", (0.0,))
    pads = scope.whole(pad, "pad")
    return pads if pads and len(pads) % 2 == 0 and kind == ("constant",) and value == (0.0,) else None


RULES: dict[str, Rule] = {"conv": padded}

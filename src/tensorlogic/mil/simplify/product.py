"""Convolutions and matrix products, by what their weights and biases do to channels."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tensorlogic.mil.program import Operand, Operation
from tensorlogic.mil.simplify.scope import Array, Scope, Shape
from tensorlogic.mil.types import TensorType

_AXES = {"conv": (1, 2), "conv_transpose": (2, 1), "linear": (1, 2)}
"""Which axes of a weight are output and input channels, once its first axis is cut into groups: [groups, a, b, ...]."""

_LARGE, _LARGE_SHARED = 1 << 24, 1 << 20
"""Bytes above which a copy of a weight, or of one that others use too, costs more than a smaller program saves."""

PRODUCTS = tuple(_AXES)


@dataclass(frozen=True, eq=False)
class Product:
    """A convolution or `linear`: how its weight is laid out, and its bias."""

    operation: Operation
    weight: Operand
    type: TensorType
    grouped: tuple[int, ...]
    """The sizes of the weight, [groups, a, b, *kernel]."""
    bias: Array
    """Of float64, one number for each output channel."""

    @property
    def outputs(self) -> int:
        """The number of output channels."""
        return self.grouped[0] * self.grouped[self._axes[0]]

    @property
    def inputs(self) -> int:
        """The number of input channels."""
        return self.grouped[0] * self.grouped[self._axes[1]]

    @property
    def axis(self) -> int:
        """Which axis of what goes in and comes out has the channels."""
        return -1 if self.operation.type == "linear" else 1

    def rank(self, shape: Shape | None) -> int | None:
        """How many axes go in and come out, for one of these shapes; None where it is not known or cannot be."""
        if self.operation.type == "linear":
            return len(shape) if shape else None
        rank = len(self.grouped) - 1
        return rank if shape is None or len(shape) == rank else None

    def scaled(self, outputs: Array, inputs: Array, scope: Scope) -> Operand | None:
        """The weight times a factor for each output and input channel; None where it cannot be had, or is too large."""
        if (outputs == 1).all() and (inputs == 1).all():
            return self.weight
        weight, shared = scope.array(self.weight), isinstance(self.weight, str) and scope.uses[self.weight] > 1
        if weight is None or weight.nbytes > (_LARGE_SHARED if shared else _LARGE):
            return None
        wide = np.result_type(weight.dtype, np.float32)
        factors = self._along(self._axes[0], outputs) * self._along(self._axes[1], inputs)
        return scope.literal(
            (weight.reshape(self.grouped) * factors.astype(wide)).reshape(weight.shape), self.type.dtype
        )

    def response(self, inputs: Array, scope: Scope) -> Array | None:
        """What numbers added to the input channels add to each output channel, where there is no padding."""
        if not inputs.any():
            return np.zeros(self.outputs)
        weight = scope.array(self.weight)
        if weight is None or self._axes != (1, 2):
            return None
        sums = weight.reshape(*self.grouped[:3], -1).sum(3, np.float64)
        response: Array = (sums @ inputs.reshape(self.grouped[0], -1, 1)).ravel()
        return response

    @property
    def _axes(self) -> tuple[int, int]:
        return _AXES[self.operation.type]

    def _along(self, axis: int, channels: Array) -> Array:
        shape = [1] * len(self.grouped)
        shape[0], shape[axis] = self.grouped[0], self.grouped[axis]
        return channels.reshape(shape)


def product(operation: Operation | None, scope: Scope) -> Product | None:
    """The operation as a product of floats. None where it is none, or its sizes or its bias are not known."""
    if operation is None or operation.type not in _AXES:
        return None
    weight, groups = scope.only(operation, "weight"), scope.whole(operation, "groups", (1,))
    declared = None if weight is None else scope.type(weight)
    if weight is None or declared is None or not declared.elements or not scope.alike(weight, operation.name):
        return None
    grouped = _grouped(operation.type, tuple(size or 0 for size in declared.shape or ()), groups)
    if grouped is None or not declared.dtype.is_float:
        return None
    outputs = math.prod((grouped[0], grouped[_AXES[operation.type][0]]))
    bias = scope.array(scope.only(operation, "bias")) if "bias" in operation.inputs else np.zeros(outputs)
    if bias is None or bias.shape != (outputs,) or bias.dtype.kind != "f":
        return None
    return Product(operation, weight, declared, grouped, bias.astype(np.float64))


def _grouped(kind: str, shape: tuple[int, ...], groups: tuple[int, ...] | None) -> tuple[int, ...] | None:
    fits = len(shape) == 2 if kind == "linear" else len(shape) > 2
    if not fits or groups is None or len(groups) != 1 or groups[0] < 1 or shape[0] % groups[0]:
        return None
    return (groups[0], shape[0] // groups[0], *shape[1:])

"""Scales and shifts of whole channels, such as batch norm's, as part of the convolution or product beside them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tensorlogic.mil.ops import declaration
from tensorlogic.mil.program import Operand, Operation
from tensorlogic.mil.simplify.padding import own_pads
from tensorlogic.mil.simplify.product import PRODUCTS, Product, product
from tensorlogic.mil.simplify.scope import Array, Rule, Scope, given


@dataclass(frozen=True, eq=False)
class Affine:
    """scale * x + shift; the arrays broadcast against x."""

    x: Operand
    scale: Array
    shift: Array


_WITH_CONSTANT: dict[tuple[str, str], Callable[[Array], tuple[Any, Any]]] = {
    ("add", "x"): lambda c: (1, c),
    ("add", "y"): lambda c: (1, c),
    ("mul", "x"): lambda c: (c, 0),
    ("mul", "y"): lambda c: (c, 0),
    ("real_div", "y"): lambda c: (1 / c, 0),
    ("sub", "x"): lambda c: (-1, c),
    ("sub", "y"): lambda c: (1, -c),
}
"""Scale and shift, for an operation and the parameter that is constant."""


def _with_constant(operation: Operation, scope: Scope) -> Affine | None:
    for side, other in (("x", "y"), ("y", "x")):
        operand, array = scope.only(operation, other), scope.array(scope.only(operation, side))
        parts = _WITH_CONSTANT.get((operation.type, side))
        if operand is not None and array is not None and parts is not None and array.dtype.kind == "f":
            return _affine(operand, *parts(array.astype(np.float64)))
    return None


def _linear_activation(operation: Operation, scope: Scope) -> Affine | None:
    x, alpha, beta = (scope.only(operation, name) for name in ("x", "alpha", "beta"))
    scale, shift = _float(alpha, scope, ()), _float(beta, scope, ())
    return None if x is None or scale is None or shift is None else _affine(x, scale, shift)


def _batch_norm(operation: Operation, scope: Scope) -> Affine | None:
    x, shape = scope.only(operation, "x"), scope.shape(operation.name) or ()
    declared = declaration("batch_norm", scope.opset)
    if x is None or declared is None or len(shape) < 2 or shape[1] is None:
        return None
    parts = {"gamma": np.ones(()), "beta": np.zeros(()), "epsilon": np.array(declared.parameters["epsilon"].default)}
    for name in operation.inputs.keys() - {"x"}:
        found = _float(scope.only(operation, name), scope, () if name == "epsilon" else (shape[1],))
        if found is None:
            return None
        parts[name] = found.reshape(-1, *[1] * (len(shape) - 2))
    scale = parts["gamma"] / np.sqrt(parts["variance"] + parts["epsilon"])
    return _affine(x, scale, parts["beta"] - parts["mean"] * scale)


def _float(operand: Operand | None, scope: Scope, shape: tuple[int, ...]) -> Array | None:
    """A constant of floats of one shape, as float64."""
    array = scope.array(operand)
    return None if array is None or array.dtype.kind != "f" or array.shape != shape else array.astype(np.float64)


def _affine(x: Operand, scale: Any, shift: Any) -> Affine:
    return Affine(x, np.asarray(scale, np.float64), np.asarray(shift, np.float64))


_AFFINE: dict[str, Callable[[Operation, Scope], Affine | None]] = {
    "add": _with_constant,
    "batch_norm": _batch_norm,
    "linear_activation": _linear_activation,
    "mul": _with_constant,
    "real_div": _with_constant,
    "sub": _with_constant,
}


def after(operation: Operation, scope: Scope) -> tuple[Operation, ...] | None:
    """The product before a scale or shift, doing that by itself."""
    affine = _AFFINE[operation.type](operation, scope)
    before = None if affine is None else product(scope.producer(affine.x), scope)
    if affine is None or before is None or not _is_between(affine.x, operation.name, scope):
        return None
    parts = _vectors(affine, before.outputs, before.axis, before.rank(scope.shape(affine.x)))
    if parts is None:
        return None
    scale, shift = parts
    weight = before.scaled(scale, np.ones(before.inputs), scope)
    made = _made(before, before.operation.inputs["x"][0], weight, before.bias * scale + shift, scope)
    return None if made is None else (replace(made, outputs=operation.outputs),)


def ahead(operation: Operation, scope: Scope) -> tuple[Operation, ...] | None:
    """A product, doing the scale or shift before it by itself."""
    x, behind = scope.only(operation, "x"), product(operation, scope)
    before = scope.producer(x)
    affine = _AFFINE[before.type](before, scope) if before is not None and before.type in _AFFINE else None
    if x is None or behind is None or affine is None or not _is_between(x, affine.x, scope):
        return None
    shape = scope.shape(affine.x)
    parts = _vectors(affine, behind.inputs, behind.axis, behind.rank(shape))
    # What broadcasting would widen has other channels.
    if parts is None or shape is None or shape[behind.axis] != behind.inputs:
        return None
    scale, shift = parts
    if shift.any() and not _reaches_no_padding(operation, scope):
        return None
    weight, response = behind.scaled(np.ones(behind.outputs), scale, scope), behind.response(shift, scope)
    made = None if response is None else _made(behind, affine.x, weight, behind.bias + response, scope)
    return None if made is None else (made,)


def _is_between(value: Operand, other: Operand, scope: Scope) -> bool:
    """Whether `value`, which takes no part in the result, is computed like the other and used once."""
    return scope.alone(value) and scope.alike(value, other)


def _reaches_no_padding(operation: Operation, scope: Scope) -> bool:
    """Whether every result of a product is of numbers that went in, and of no padding."""
    pads = own_pads(operation, scope)
    return operation.type == "linear" or (operation.type == "conv" and pads is not None and not any(pads))


def _vectors(affine: Affine, channels: int, axis: int, rank: int | None) -> tuple[Array, Array] | None:
    """Scale and shift for each channel; None where they differ in other ways."""
    vectors = [_vector(each, channels, axis, rank) for each in (affine.scale, affine.shift)]
    scale, shift = vectors
    return None if scale is None or shift is None else (scale, shift)


def _vector(array: Array, channels: int, axis: int, rank: int | None) -> Array | None:
    if rank is None or array.ndim > rank:
        return None
    shape = (1,) * (rank - array.ndim) + array.shape
    if array.size not in (1, channels) or shape[axis] != array.size:
        return None
    return np.broadcast_to(array.ravel(), (channels,))


def _made(found: Product, x: Operand, weight: Operand | None, bias: Array, scope: Scope) -> Operation | None:
    """The product with another weight and bias, as far as they can be written."""
    operands = {} if weight is None else {"x": x, "weight": weight}
    if bias.any() or "bias" in found.operation.inputs:
        had = scope.type(found.operation.inputs.get("bias", (found.weight,))[0])
        written = None if had is None else scope.literal(bias, had.dtype)
        operands |= {} if written is None else {"bias": written}
        weight = None if written is None else weight
    return None if weight is None else given(found.operation, **operands)


RULES: dict[str, Rule] = {**dict.fromkeys(_AFFINE, after), **dict.fromkeys(PRODUCTS, ahead)}

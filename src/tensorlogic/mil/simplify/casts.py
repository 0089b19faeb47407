"""Casts that change nothing, and casts of casts."""

from __future__ import annotations

from tensorlogic.mil.program import Operation
from tensorlogic.mil.simplify.scope import Rule, Scope, given, same
from tensorlogic.mil.types import BOOL, DType

_HELD = {
    "fp64": ("fp32", "fp16", "bf16", "int32", "uint32", "int16", "uint16", "int8", "uint8", "bool"),
    "fp32": ("fp16", "bf16", "int16", "uint16", "int8", "uint8", "bool"),
    "fp16": ("int8", "uint8", "bool"),
    "bf16": ("int8", "uint8", "bool"),
    "int64": ("int32", "uint32", "int16", "uint16", "int8", "uint8", "bool"),
    "int32": ("int16", "uint16", "int8", "uint8", "bool"),
    "int16": ("int8", "uint8", "bool"),
    "int8": ("bool",),
    "uint64": ("uint32", "uint16", "uint8", "bool"),
    "uint32": ("uint16", "uint8", "bool"),
    "uint16": ("uint8", "bool"),
    "uint8": ("bool",),
}
"""For each element type, the others all of whose values it holds exactly."""


def cast(operation: Operation, scope: Scope) -> tuple[Operation, ...] | None:
    """Nothing where both types are computed alike; one cast for two where the first loses nothing."""
    x, target = scope.only(operation, "x"), scope.type(operation.name)
    source = None if x is None else scope.type(x)
    if x is None or source is None or target is None or scope.plain(operation, "dtype") != (target.dtype.name,):
        return None
    if scope.alike(x, operation.name):
        return same(operation, x)
    first = scope.producer(x)
    origin = scope.only(first, "x") if first is not None and first.type == "cast" else None
    before = None if origin is None else scope.type(origin)
    if origin is None or before is None:
        return None
    types = [scope.computed(each.dtype) for each in (before, source, target)]
    return (given(operation, x=origin),) if _is_one_step(*types) else None


def _is_one_step(before: DType, between: DType, after: DType) -> bool:
    """Whether values come out the same without the type in between.

    Numbers that a type cannot hold become others in ways that differ between floats and integers.
    """
    fits = after == BOOL or _holds(after, before) or before.is_float == between.is_float
    return _holds(between, before) and fits


def _holds(dtype: DType, other: DType) -> bool:
    return dtype == other or other.name in _HELD.get(dtype.name, ())


RULES: dict[str, Rule] = {"cast": cast}

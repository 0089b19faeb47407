"""The rules of what makes one element of many."""

from __future__ import annotations

from collections.abc import Callable

from tensorlogic.lang.inference.facts import Fact, Scalar, Shape, Tensor
from tensorlogic.lang.inference.operators import in_place_of_ints
from tensorlogic.lang.inference.rules import Arguments, Rule, axis_of
from tensorlogic.lang.types import FLOATS, INTEGERS


def averaged(one: str, other: str) -> Rule:
    """The mean over all examples, of the type of the floats that they are."""

    def rule(given: Arguments) -> Fact:
        dtype, second = given.tensor(one).dtype, given.tensor(other).dtype
        return Tensor(dtype if dtype in FLOATS and second in (dtype, *INTEGERS) else None, ())

    return rule


def reduced(dtype: Callable[[str | None], str | None] = in_place_of_ints) -> Rule:
    """A tensor without the axes that are given, or without any; with `keepdim` they stay, of size 1."""

    def rule(given: Arguments) -> Fact:
        if given.more:
            return None
        x = given.tensor("x")
        return Tensor(dtype(x.dtype), None if given.gives("keepdim") else _remaining(x.shape, given))

    return rule


def _remaining(shape: Shape, given: Arguments) -> Shape:
    if not given.gives("axis"):
        return ()
    axis = None if shape is None else axis_of(given, "axis", None, len(shape))
    return None if shape is None or axis is None else shape[:axis] + shape[axis + 1 :]


def summed(dtype: str | None) -> str | None:
    """The type of a sum: whole numbers and truth values are added up as int64."""
    return dtype if dtype in FLOATS or dtype is None else "int64"


def same(dtype: str | None) -> str | None:
    """The type of a largest or smallest element."""
    return dtype


def found(base: str, dtype: str) -> Rule:
    """A plain value over all elements, a tensor along an axis."""

    def rule(given: Arguments) -> Fact:
        if not given.gives("axis"):
            return Scalar(base)
        # Along no axis, which nothing shows here, it is a plain value.
        return reduced(lambda _: dtype)(given) if given.values["axis"] is not None else None

    return rule


def accumulated(given: Arguments) -> Fact:
    """As many sums or products as there are elements."""
    x = given.tensor("x")
    return Tensor(summed(x.dtype), x.shape)

"""What is known of a value before a program runs: facts, from nothing at all to a shape.

A fact is true of every value that can be there. Where two ways meet, what both agree on stays; None says that
nothing is known.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from tensorlogic.lang import types
from tensorlogic.lang.checked import Struct

LARGEST: Final = 1 << 62
"""Larger whole numbers are of no use as sizes, and not followed."""
Size = int | str | None
"""How long an axis is: a number, the name of one that a function's caller decides, or not known."""
Shape = tuple[Size, ...] | None


class Scalar(NamedTuple):
    """A number, a truth value, a text or void; `value` where it is a known number, or the size of an axis."""

    base: str
    value: Size = None
    exact: bool = True
    """False for a float that may be a tensor without axes, as a parameter of type `float` takes one."""

    def __str__(self) -> str:
        return self.base


class Tensor(NamedTuple):
    """A tensor; `content` are the elements of one that was just made of whole numbers, such as a shape."""

    dtype: str | None = None
    shape: Shape = None
    content: tuple[Size, ...] | None = None

    def __str__(self) -> str:
        sizes = "…" if self.shape is None else ", ".join("?" if s is None else str(s) for s in self.shape)
        return f"{self.dtype or 'tensor'}[{sizes}]"


class List(NamedTuple):
    """A list; its items where it was just made and they are known, or else what is true of each."""

    items: tuple[Fact, ...] | None = None
    each: Fact = None
    filled: bool = False
    """Whether it has an item for certain."""

    def __str__(self) -> str:
        return "list"


class Record(NamedTuple):
    """A value of one of the program's structs."""

    struct: Struct

    def __str__(self) -> str:
        return self.struct.name


Fact = Scalar | Tensor | List | Record | None

VOID = Scalar("void")
NEVER = Scalar("never")
"""What a function gives that never comes to an end."""
INT, FLOAT, BOOL, STRING = (Scalar(base) for base in types.SCALARS)


def join(one: Fact, other: Fact) -> Fact:
    """What is true of two values alike."""
    if one == other:
        return one
    match one, other:
        case Scalar(), Scalar() if one.base == other.base:
            return Scalar(one.base, None, one.exact and other.exact)
        case Tensor(), Tensor():
            return Tensor(one.dtype if one.dtype == other.dtype else None, _common(one.shape, other.shape))
        case List(), List():
            return List()
    return None


def _common(one: Shape, other: Shape) -> Shape:
    if one is None or other is None or len(one) != len(other):
        return None
    return tuple(a if a == b else None for a, b in zip(one, other, strict=True))


def of_constant(value: int | float | str) -> Fact:
    """The fact about a value that is written in the program."""
    match value:
        case bool():
            return BOOL
        case int():
            return Scalar("int", value if value < LARGEST else None)
        case float():
            return FLOAT
    return STRING


def is_float(fact: Fact) -> bool:
    """Whether a value is a float, or a tensor of floats."""
    return fact == FLOAT or (isinstance(fact, Tensor) and fact.dtype in types.FLOATS)


def lasting(fact: Fact) -> Fact:
    """What stays true while a variable holds the value: elements can be given other values."""
    if isinstance(fact, Tensor):
        return fact._replace(content=None)
    return List() if isinstance(fact, List) else fact


MOST_AXES = 64
"""No tensor has more."""


def as_sizes(facts: tuple[Fact, ...]) -> Shape:
    """The shape that values give, one by one or as one list or tensor; None if not even its length is known."""
    if len(facts) == 1 and isinstance(only := facts[0], Tensor | List):
        if isinstance(only, List):
            return None if only.items is None else tuple(map(as_size, only.items))
        if only.content is not None:
            return only.content
        if only.shape is not None and len(only.shape) == 1 and isinstance(only.shape[0], int):
            return (None,) * only.shape[0] if only.shape[0] <= MOST_AXES else None
        return (None,) if only.shape == () else None
    return None if facts == (None,) else tuple(map(as_size, facts))


def as_size(fact: Fact) -> Size:
    """The number that a value is, if that is known."""
    match fact:
        case Scalar("int", value):
            return value
        case Tensor(shape=(), content=(value,)):
            return value
    return None

"""Tensor equations as data: what a program says, before anything is known of its tensors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple


class Index(NamedTuple):
    """A named index, moved by a number of places: ``t + 1``."""

    name: str
    offset: int = 0


class Fixed(NamedTuple):
    """One place of a dimension: ``0``; negative ones count from the end."""

    number: int


class Access(NamedTuple):
    """A tensor with an index for each of its dimensions: ``W[i, j]``."""

    tensor: str
    indices: tuple[Index | Fixed, ...] = ()


class Apply(NamedTuple):
    """A function (a row of `functions.FUNCTIONS`) or an operator (``+ - * / ** < <= > >= == !=``) of expressions.

    `options` are pairs: ``(("over", "q"),)``, where `over` is the name of an index or a tuple of them.
    """

    function: str
    arguments: tuple[Expression, ...]
    options: tuple[tuple[str, Any], ...] = ()


class Number(NamedTuple):
    """A number. A whole one takes the type of the tensors that it stands beside, be it written 2 or 2.0."""

    value: float


Expression = Access | Apply | Number


class Equation(NamedTuple):
    """``target[indices] <- expression``; the projection is ``sum`` (``<-``), ``max`` (``max=``), ``min`` or ``avg``."""

    target: str
    indices: tuple[Index | Fixed, ...]
    projection: str
    expression: Expression


def accesses(expression: Expression) -> Iterator[Access]:
    """Every tensor that an expression reads, from left to right."""
    if isinstance(expression, Access):
        yield expression
    elif isinstance(expression, Apply):
        for argument in expression.arguments:
            yield from accesses(argument)


def names(indices: tuple[Index | Fixed, ...]) -> tuple[str, ...]:
    """The names of indices, each once, in order."""
    return tuple(dict.fromkeys(index.name for index in indices if isinstance(index, Index)))


def union(*groups: tuple[str, ...]) -> tuple[str, ...]:
    """The names of all groups, each once, in order."""
    return tuple(dict.fromkeys(name for group in groups for name in group))


def mentioned(expression: Expression) -> tuple[str, ...]:
    """The names of all indices of an expression, each once, in order."""
    return union(*(names(access.indices) for access in accesses(expression)))


def written(indices: tuple[Index | Fixed, ...]) -> str:
    """Indices as a program writes them: ``t + 1, j``."""
    return ", ".join(str(each.number) if isinstance(each, Fixed) else _moved(each) for each in indices)


def _moved(index: Index) -> str:
    sign = "+" if index.offset > 0 else "-"
    return f"{index.name} {sign} {abs(index.offset)}" if index.offset else index.name

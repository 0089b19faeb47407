"""Printing, text and numbers, counting, assertions."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Any

from tensorlogic.errors import SourceError
from tensorlogic.errors.codes import ASSERTION_FAILED, NOT_ALLOWED, PANIC, RUN_FAILED, WRONG_ARGUMENTS, WRONG_TYPE
from tensorlogic.lang.inference import making, shaping
from tensorlogic.runtime.convert import as_int
from tensorlogic.runtime.display import nested, text
from tensorlogic.runtime.kinds import kind, with_article
from tensorlogic.runtime.lazy import is_tensor
from tensorlogic.runtime.operators import goes_through
from tensorlogic.runtime.registry import builtin, builtin_named, gives
from tensorlogic.runtime.session import CURRENT

_MOST_SHOWN = 40
"""So many characters of a string are shown in a message."""


@builtin
def print_(*values: Any) -> None:
    """Write the values, separated by spaces, and end the line.

    When the first is a string with ``{}`` and others follow, each ``{}`` is replaced by the next of them.
    """
    first, *others = values or ("",)
    if isinstance(first, str) and "{}" in first and others:
        line = _filled(first, others)
    else:
        line = " ".join(text(value) for value in values)
    CURRENT.get().out.write(line + "\n")


def _filled(template: str, values: list[Any]) -> str:
    parts = template.split("{}")
    if len(values) < len(parts) - 1:
        message = f"the text has {len(parts) - 1} places {{}} for {len(values)} values"
        raise SourceError(WRONG_ARGUMENTS, message)
    filled = (text(value) + part for value, part in zip(values, parts[1:], strict=False))
    return parts[0] + "".join(filled)


@builtin
@gives(shaping.length)
def len_(value: Any) -> int:
    """The number of elements of a list, of characters of a string, of fields of a record, of rows of a tensor.

    The rows of a tensor are its first size. A tensor without axes has no length.
    """
    if isinstance(value, str | list | range | Mapping) or (is_tensor(value) and value.ndim > 0) or goes_through(value):
        return len(value)
    raise SourceError(WRONG_TYPE, f"{with_article(kind(value))} has no length")


@builtin
@builtin_named("range_i")
@gives(making.counted_out)
def range_(start: int, stop: int | None = None, step: int = 1) -> range:
    """The integers from `start` up to, but not including, `stop`, in steps of `step`; ``range(n)`` counts from 0.

    With a negative step they go down: ``range(3, 0, -1)`` is 3, 2, 1. A `step` of 0 is an error.
    """
    first, last = (0, start) if stop is None else (start, stop)
    return range(as_int(first), as_int(last), as_int(step))


@builtin
def str_(value: Any) -> str:
    """The value as `print` shows it. A string is itself."""
    return text(value)


@builtin
@builtin_named("to_int")
def int_(value: Any) -> int:
    """A number or the text of one as an int; the fraction is cut off, towards zero.

    A tensor must have one element. Text that is not that of an integer, such as "3.5", is an error.
    """
    return int(_number(value, "int"))


@builtin
def float_(value: Any) -> float:
    """A number or the text of one, such as "0.5" or "1e-3", as a float. A tensor must have one element."""
    return float(_number(value, "float"))


def _number(value: Any, wanted: str) -> Any:
    if isinstance(value, str):
        return _parsed(value, wanted)
    if isinstance(value, int | float) or (is_tensor(value) and value.numel() == 1):
        return value
    raise SourceError(WRONG_TYPE, f"{with_article(kind(value))} cannot become {with_article(wanted)}")


def _parsed(value: str, wanted: str) -> int | float:
    try:
        return int(value) if wanted == "int" else float(value)
    except ValueError:
        shown = value if len(value) <= _MOST_SHOWN else f"{value[:_MOST_SHOWN]}…"
        raise SourceError(WRONG_TYPE, f'"{shown}" is not the text of {with_article(wanted)}') from None


@builtin
def input_(prompt: str = "") -> str:
    """A line that the user types, without its end, empty when there are no more; `prompt` is written before it."""
    out = CURRENT.get().out
    out.write(prompt)
    out.flush()
    return sys.stdin.readline().rstrip()


@builtin
def env(name: str) -> str:
    """The value of an environment variable.

    An error if there is none of that name, or if the user does not allow it with ``tl run --allow-env``.
    """
    if not CURRENT.get().permissions.environment:
        help = "Allow it: tl run --allow-env."
        raise SourceError(NOT_ALLOWED, "this program is not allowed to read environment variables", help=help)
    value = os.environ.get(name)
    if value is None:
        raise SourceError(RUN_FAILED, f"there is no environment variable {name}")
    return value


@builtin
def cleanup(*names: Any) -> None:
    """Does nothing: memory is given back by itself. For programs of the public implementation."""


@builtin
def panic(message: str, *values: Any) -> None:
    """Stop the program with a message, in which each ``{}`` is replaced by the next of the values."""
    raise SourceError(PANIC, _filled(message, list(values)) if values else text(message))


@builtin
def assert_eq(a: Any, b: Any) -> None:
    """Stop unless two values are equal: of the same type and, for tensors, of the same shape.

    A number beside a tensor without axes is of its type, as in ``assert_eq(sum([1.0, 2.0]), 3.0)``; an integer is no
    float, and a truth value no number.
    """
    if not _equal(a, b):
        left, right = nested(a), nested(b)
        types = (f"one is {with_article(kind(a))}, the other {with_article(kind(b))}",) if left == right else ()
        raise SourceError(ASSERTION_FAILED, f"{left} != {right}", notes=types)


def _equal(a: Any, b: Any) -> bool:
    if is_tensor(a) and is_tensor(b):
        return a.shape == b.shape and bool((a == b).all())
    if is_tensor(a) or is_tensor(b):
        tensor, number = (a, b) if is_tensor(a) else (b, a)
        return tensor.ndim == 0 and type(tensor.item()) is type(number) and bool(tensor == number)
    return isinstance(a, bool) == isinstance(b, bool) and kind(a) == kind(b) and bool(a == b)


@builtin
def assert_about_eq(a: Any, b: Any, eps: float = 1e-6) -> None:
    """Stop unless two numbers, or two tensors whose shapes broadcast, are less than `eps` apart in every element."""
    far = abs(a - b)
    if not bool((far < eps).all() if is_tensor(far) else far < eps):
        raise SourceError(ASSERTION_FAILED, f"{nested(a)} and {nested(b)} are not within {nested(eps)}")


@builtin
def assert_(condition: Any, message: str = "the assertion does not hold") -> None:
    """Stop with `message` unless the condition is true; a tensor must be true in all of its elements."""
    if not (condition.all() if is_tensor(condition) else condition):
        raise SourceError(ASSERTION_FAILED, text(message))

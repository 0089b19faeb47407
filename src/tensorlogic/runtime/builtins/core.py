"""Output, text and numbers, counting."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Any

from tensorlogic.errors import SourceError
from tensorlogic.errors.codes import ASSERTION_FAILED, NOT_ALLOWED, PANIC, RUN_FAILED, WRONG_ARGUMENTS, WRONG_TYPE
from tensorlogic.runtime.convert import as_int
from tensorlogic.runtime.display import nested, text
from tensorlogic.runtime.kinds import kind, with_article
from tensorlogic.runtime.lazy import is_tensor
from tensorlogic.runtime.registry import builtin, builtin_named
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
def len_(value: Any) -> int:
    """The number of elements of a list, of characters of a string, of rows of a tensor (its first size)."""
    if isinstance(value, str | list | range | Mapping) or (is_tensor(value) and value.ndim > 0):
        return len(value)
    raise SourceError(WRONG_TYPE, f"{with_article(kind(value))} has no length")


@builtin
@builtin_named("range_i")
def range_(start: int, stop: int | None = None, step: int = 1) -> range:
    """The integers from `start` up to, but not including, `stop`; with one value those from 0 up to it."""
    first, last = (0, start) if stop is None else (start, stop)
    return range(as_int(first), as_int(last), as_int(step))


@builtin
def str_(value: Any) -> str:
    """The value as `print` shows it."""
    return text(value)


@builtin
@builtin_named("to_int")
def int_(value: Any) -> int:
    """A number or the text of one as an integer; a fraction is cut off, towards zero."""
    return int(_number(value, "int"))


@builtin
def float_(value: Any) -> float:
    """A number or the text of one as a float."""
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
    """A line that the user types, without its end; `prompt` is written before it."""
    out = CURRENT.get().out
    out.write(prompt)
    out.flush()
    return sys.stdin.readline().rstrip()


@builtin
def env(name: str) -> str:
    """The value of an environment variable, where the user allows programs to read them."""
    if not CURRENT.get().permissions.environment:
        help = "Allow it: tl run --allow-env."
        raise SourceError(NOT_ALLOWED, "this program is not allowed to read environment variables", help=help)
    value = os.environ.get(name)
    if value is None:
        raise SourceError(RUN_FAILED, f"there is no environment variable {name}")
    return value


@builtin
def cleanup(*names: Any) -> None:
    """Nothing: memory is given back by itself."""


@builtin
def panic(message: str, *values: Any) -> None:
    """Stop with a message, in which each ``{}`` is replaced by the next of the values."""
    raise SourceError(PANIC, _filled(message, list(values)) if values else text(message))


@builtin
def assert_eq(a: Any, b: Any) -> None:
    """Stop unless two values are equal: of the same type and, for tensors, of the same shape."""
    if not _equal(a, b):
        raise SourceError(ASSERTION_FAILED, f"{nested(a)} != {nested(b)}")


def _equal(a: Any, b: Any) -> bool:
    if is_tensor(a) or is_tensor(b):
        both = is_tensor(a) and is_tensor(b)
        return both and a.shape == b.shape and bool((a == b).all())
    return isinstance(a, bool) == isinstance(b, bool) and kind(a) == kind(b) and bool(a == b)


@builtin
def assert_about_eq(a: Any, b: Any, eps: float = 1e-6) -> None:
    """Stop unless two numbers, or two tensors of one shape, are less than `eps` apart."""
    far = abs(a - b)
    if not bool((far < eps).all() if is_tensor(far) else far < eps):
        raise SourceError(ASSERTION_FAILED, f"{nested(a)} and {nested(b)} are not within {nested(eps)}")


@builtin
def assert_(condition: Any, message: str = "the assertion does not hold") -> None:
    """Stop with `message` unless the condition is true; a tensor must be true in all of its elements."""
    if not (condition.all() if is_tensor(condition) else condition):
        raise SourceError(ASSERTION_FAILED, message)

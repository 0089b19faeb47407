"""Strings. A character is a Unicode code point."""

from __future__ import annotations

from typing import Any

from tensorlogic.runtime.convert import as_int, as_string
from tensorlogic.runtime.display import text
from tensorlogic.runtime.registry import builtin
from tensorlogic.runtime.sizes import check_bytes, check_length


@builtin
def string_length(s: str) -> int:
    """The number of bytes of a string in UTF-8; `len` counts characters."""
    return len(as_string(s).encode())


@builtin
def string_substring(s: str, start: int, length: int) -> str:
    """At most `length` characters of a string, from the index `start` on."""
    first = as_int(start)
    return as_string(s)[first : first + as_int(length)]


@builtin
def upper(s: str) -> str:
    """The string in capital letters."""
    return as_string(s).upper()


@builtin
def lower(s: str) -> str:
    """The string in small letters."""
    return as_string(s).lower()


@builtin
def strip(s: str) -> str:
    """The string without the blanks (spaces, tabs, newlines) at its beginning and end."""
    return as_string(s).strip()


@builtin
def join(items: list[Any], between: str = "") -> str:
    """The items of a list, as `print` shows them, as one string: ``join(["a", "b"], ", ")`` is "a, b"."""
    check_length(len(items))
    parts = [text(item) for item in items]
    check_bytes(sum(map(len, parts)) + len(parts) * len(as_string(between)), "the string")
    return between.join(parts)


@builtin
def replace(s: str, old: str, new: str) -> str:
    """The string with every `old` in it replaced by `new`."""
    places = as_string(s).count(as_string(old))
    check_bytes(len(s) + places * (len(as_string(new)) - len(old)), "the string")
    return s.replace(old, new)


@builtin
def starts_with(s: str, beginning: str) -> bool:
    """Whether a string begins with another."""
    return as_string(s).startswith(as_string(beginning))


@builtin
def ends_with(s: str, end: str) -> bool:
    """Whether a string ends with another."""
    return as_string(s).endswith(as_string(end))


@builtin
def find(s: str, part: str) -> int:
    """The index at which a part of a string first begins, or -1 if it is not there."""
    return as_string(s).find(as_string(part))

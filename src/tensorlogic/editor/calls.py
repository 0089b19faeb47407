"""The call that a place of a program is inside of, and what it takes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from tensorlogic.editor.documents import SIGNATURES, Meaning
from tensorlogic.lang import Source, checked
from tensorlogic.lang.signatures import Signature

FARTHEST: Final = 4000
"""So many characters back is the beginning of a call looked for."""
_TOKEN: Final = re.compile(r'"[^"\\]*(?:\\(?s:.)[^"\\]*)*"|//[^\n]*|[()\[\]{},]')
_CALLEE: Final = re.compile(r"([A-Za-z_]\w*(?:::\w+)?)\s*$")
_CLOSING: Final = {")": "(", "]": "[", "}": "{"}


class Call(NamedTuple):
    """A call that is being written: what is called, and which of its arguments, counted from 0."""

    name: str
    argument: int


def call_around(source: Source, offset: int) -> Call | None:
    """The innermost call that an offset is inside of; None outside of any."""
    text = source.text[max(0, offset - FARTHEST) : offset]
    stack: list[tuple[str, int, int]] = []
    for found in _TOKEN.finditer(text):
        mark = found[0]
        if mark in "([{":
            stack.append((mark, found.start(), 0))
        elif stack and stack[-1][0] == _CLOSING.get(mark):
            stack.pop()
        elif mark == "," and stack:
            bracket, start, commas = stack[-1]
            stack[-1] = bracket, start, commas + 1
    if not stack or stack[-1][0] != "(":
        return None
    _, start, commas = stack[-1]
    callee = _CALLEE.search(text[:start])
    return None if callee is None else Call(callee[1], commas)


def parameters(name: str, visible: Mapping[str, Meaning]) -> Signature | None:
    """What the function of a name takes; None where the name is not that of one."""
    owner, _, method = name.partition("::")
    symbol = visible.get(owner)
    if method and isinstance(symbol, checked.Struct):
        symbol = symbol.methods.get(method)
    if isinstance(symbol, checked.Function):
        return Signature(symbol.name, tuple(parameter.name for parameter in symbol.parameters))
    return SIGNATURES[name] if symbol is None and name in SIGNATURES else None

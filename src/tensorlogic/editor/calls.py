"""The call that a place of a program is inside of, and what it takes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from tensorlogic.editor.documents import SIGNATURES, Meaning
from tensorlogic.lang import Source, checked
from tensorlogic.lang.brackets import FARTHEST, open_brackets
from tensorlogic.lang.signatures import Signature

_CALLEE: Final = re.compile(r"([A-Za-z_]\w*(?:::\w+)?)\s*$")


class Call(NamedTuple):
    """A call that is being written: what is called, and which of its arguments, counted from 0."""

    name: str
    argument: int


def call_around(source: Source, offset: int) -> Call | None:
    """The innermost call that an offset is inside of; None outside of any."""
    brackets = open_brackets(source.text[max(0, offset - FARTHEST) : offset])
    if not brackets or brackets[-1].mark != "(":
        return None
    callee = _CALLEE.search(brackets[-1].before)
    return None if callee is None else Call(callee[1], brackets[-1].commas)


def parameters(name: str, visible: Mapping[str, Meaning]) -> Signature | None:
    """What the function or the relation of a name takes; None where the name is not that of one."""
    owner, _, method = name.partition("::")
    symbol = visible.get(owner)
    if method and isinstance(symbol, checked.Struct):
        symbol = symbol.methods.get(method)
    if isinstance(symbol, checked.Function):
        return Signature(symbol.name, tuple(parameter.name for parameter in symbol.parameters))
    if isinstance(symbol, checked.Relation):
        return Signature(symbol.name, tuple(name for name, _ in symbol.parameters))
    return SIGNATURES[name] if symbol is None and name in SIGNATURES else None

"""Values of GGUF as texts, for formats whose metadata is texts, and back.

Texts stay as they are, other values become JSON; under ``gguf.types`` is what they were: ``UINT32``, ``ARRAY STRING``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from gguf.constants import GGUFValueType as Kind
from gguf.constants import Keys

from tensorlogic.errors import FormatError, UnsupportedError, codes
from tensorlogic.formats.gguf.cursor import shown
from tensorlogic.formats.gguf.values import NUMBERS, Stored, Values
from tensorlogic.formats.gguf.writing import Written

_TYPES = "gguf.types"
_LARGEST_ALIGNMENT = 1 << 16
# The values that decide how a file is written.
_RULES: dict[str, Callable[[Kind, Kind | None, Any], bool]] = {
    Keys.General.ARCHITECTURE: lambda kind, items, value: kind is Kind.STRING,
    Keys.General.ALIGNMENT: lambda kind, items, value: (
        kind is Kind.UINT32 and value.bit_count() == 1 and value <= _LARGEST_ALIGNMENT
    ),
}


def to_texts(values: Values) -> dict[str, str]:
    """All values as texts. Lists without items are left out: they say nothing, and cannot be written again."""
    kept = {name: stored for name, stored in values.places.items() if stored.kind is not Kind.ARRAY or stored.length}
    types = {name: _type(name, stored) for name, stored in kept.items() if stored.kind is not Kind.STRING}
    texts = {name: values[name] if name not in types else json.dumps(values[name]) for name in kept}
    return {**texts, _TYPES: json.dumps(types)}


def from_texts(texts: Mapping[str, str]) -> dict[str, Written]:
    """The values that texts stand for; those of no known type are texts. Raises `FormatError` for damaged ones."""
    types = _parsed(_TYPES, texts.get(_TYPES, "{}"))
    if not isinstance(types, dict):
        raise _damaged(_TYPES, "no record")
    values = {name: _value(name, text, types.get(name)) for name, text in texts.items() if name != _TYPES}
    for name, fits in _RULES.items():
        if name in values and not fits(*values[name]):
            raise _damaged(name, f"not what it must be: {shown(str(values[name][2]))}")
    return values


def _type(name: str, stored: Stored) -> str:
    if stored.items is Kind.ARRAY:
        raise UnsupportedError(
            codes.UNSUPPORTED_TYPE, f"the value {shown(name)} is a list of lists, and cannot be kept"
        )
    return stored.kind.name if stored.items is None else f"{stored.kind.name} {stored.items.name}"


def _value(name: str, text: str, type_: Any) -> Written:
    if type_ is None:
        return Kind.STRING, None, text
    kind, _, items = str(type_).partition(" ")
    value = _parsed(name, text)
    if kind in Kind.__members__ and not items and _fits(value, Kind[kind]):
        return Kind[kind], None, value
    listed = kind == Kind.ARRAY.name and items in Kind.__members__ and isinstance(value, list) and value
    if listed and all(_fits(item, Kind[items]) for item in value):
        return Kind.ARRAY, Kind[items], value
    raise _damaged(name, f"no {shown(str(type_))}")


def _parsed(name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise _damaged(name, "no JSON") from None


def _fits(value: Any, kind: Kind) -> bool:
    """Whether a value can be written as one of this kind."""
    if kind in (Kind.STRING, Kind.BOOL):
        return isinstance(value, str if kind is Kind.STRING else bool)
    if kind is Kind.ARRAY or isinstance(value, bool) or not isinstance(value, int | float):
        return False
    dtype = np.dtype(NUMBERS[kind])
    if dtype.kind == "f":
        return isinstance(value, float)
    return isinstance(value, int) and np.iinfo(dtype).min <= value <= np.iinfo(dtype).max


def _damaged(name: str, what: str) -> FormatError:
    return FormatError(codes.CORRUPT, f"the metadata {shown(name)} is {what}")

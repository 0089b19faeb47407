"""The members of values: what a program reaches behind a dot.

Only data that is meant to be seen, by name: nothing is looked up on a Python object that is not listed.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import is_dataclass
from functools import partial
from operator import getitem
from typing import Any, Final, NamedTuple

from tensorlogic.errors import SourceError, nearest
from tensorlogic.errors.codes import NO_MEMBER, WRONG_TYPE
from tensorlogic.runtime.calls import Function, call
from tensorlogic.runtime.kinds import kind, with_article
from tensorlogic.runtime.learning.gradients import gradient
from tensorlogic.runtime.registry import FUNCTIONS, METHODS
from tensorlogic.runtime.structs import Struct
from tensorlogic.runtime.values import adopt, adopt_outputs, class_names, fields

MOST_NAMES: Final = 12
"""So many members are named where one is missing."""


class Members(NamedTuple):
    """The names of a value's members, how one is read, and whether there are methods among them."""

    names: Collection[str]
    read: Callable[[Any, str], Any]
    methods: bool = False


Row = dict[str, Callable[[Any], Any]]

_TABLE: Final[dict[str, Row]] = {
    "torch.Tensor": {
        "shape": lambda tensor: tensor.shape,
        "dtype": lambda tensor: tensor.dtype,
        "ndim": lambda tensor: tensor.ndim,
        "device": lambda tensor: tensor.device,
        "grad": gradient,
    },
    "PIL.Image.Image": {
        "width": lambda image: image.width,
        "height": lambda image: image.height,
        "size": lambda image: image.size,
        "mode": lambda image: image.mode,
    },
}


def member(value: Any, name: str) -> Any:
    """``value.name`` and ``value["name"]``."""
    if isinstance(value, Struct) and name in value.values:
        return value.values[name]  # what structs hold is of the language already
    members = _members(value)
    if name not in members.names:
        raise _missing(value, name, members.names)
    found = members.read(value, name)
    if callable(found):
        raise SourceError(NO_MEMBER, f"`{name}` is a method, not a value", help=f"Call it: .{name}(…).")
    return adopt(found)


def invoke(
    value: Any, name: str, function: Function | None, arguments: tuple[Any, ...], options: dict[str, Any]
) -> Any:
    """``value.name(…)``: a method of that name, else the function of that name with `value` first.

    A builtin that is named as a method calls that method, and knows what becomes of the result.
    """
    if isinstance(value, Struct) and name in value.functions:
        if value.drops and name == "drop":
            raise SourceError(WRONG_TYPE, "`drop` is called by itself, when nothing holds the value any more")
        return call(value.functions[name], (value, *arguments), options)
    members = _members(value)
    is_own = members.methods and name in members.names and function not in METHODS
    if is_own and callable(method := members.read(value, name)):
        return adopt_outputs(call(method, arguments, options))
    if function is None:
        raise _missing(value, name, members.names, FUNCTIONS)
    return call(function, (value, *arguments), options)


def names_of(value: Any) -> list[str]:
    """The names of a value's members, in order."""
    return sorted(_members(value).names)


def store(value: Any, name: str, new: Any) -> None:
    """``value.name = new``: the fields of structs and records can be given values."""
    if not isinstance(value, Struct | dict):
        message = f"the members of {with_article(kind(value))} cannot be assigned to"
        raise SourceError(WRONG_TYPE, message)
    if isinstance(value, Struct) and name not in value.types:
        raise _missing(value, name, value.types)
    value[name] = new


def _members(value: Any) -> Members:
    if isinstance(value, Struct):
        return Members([*value.values, *value.functions], _read_struct)
    if isinstance(value, Mapping):
        return Members(value.keys(), getitem)
    if (declared := getattr(type(value), "__tl_members__", None)) is not None:
        shown = {name: None for name in declared if not name.startswith("_")}
        if not hasattr(type(value), "__tl_inner__"):
            return Members(shown, getattr, methods=True)
        return Members(ChainMap(shown, value.__tl_inner__()), partial(_read_inner, shown), methods=True)
    if is_dataclass(value):
        return Members(fields(value), getattr)
    for name in class_names(type(value)):
        if (row := _TABLE.get(name)) is not None:
            return Members(row, partial(_read, row))
    return Members((), getattr)


def _read_struct(value: Struct, name: str) -> Any:
    return value.values[name] if name in value.values else partial(value.functions[name], value)


def _read_inner(shown: Collection[str], value: Any, name: str) -> Any:
    """A member that the class declares, or one that only this value has."""
    return getattr(value, name) if name in shown else value.__tl_read__(name)


def _read(row: Row, value: Any, name: str) -> Any:
    return row[name](value)


def _missing(value: Any, name: str, names: Collection[str], functions: Iterable[str] = ()) -> SourceError:
    meant = nearest(name, [*names, *functions])
    if meant is not None:
        help: str | None = f"Did you mean `{meant}`?"
    else:
        shown = [*sorted(names)[:MOST_NAMES], *["…"] * (len(names) > MOST_NAMES)]
        help = f"It has {', '.join(shown)}." if names else None
    return SourceError(NO_MEMBER, f"{with_article(kind(value))} has no member `{name}`", help=help)

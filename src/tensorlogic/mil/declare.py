"""How operations are declared: the signature is the specification.

A parameter's annotation says what the implementing function receives:

* `Tensor`: the engine's tensor.  `Many`: a tuple of them.
* `int`, `float`, `bool`, `str`, `Ints`, `DTypeName`: a plain value, which the program may compute.
* `Const[...]`: the same, and it must be written in the program, so that it is known when a model is loaded.
* `Stored`: a constant that is not expanded yet, to be read piece by piece.
* `Body`: a block of the operation, as something to call with tensors.
* `List`, `State`, `Any`: passed through untouched. Only a `State` takes a state.
* `ResultType`: the element type that the program declares for the result; no operand of its own.

`None` among the types, with None as the default, makes a parameter optional. What a declaration returns is for the
reader only.
"""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, TypeVar, Union

IOS15, IOS16, IOS17, IOS18 = 15, 16, 17, 18

T = TypeVar("T")


class Tensor:
    """An engine's tensor."""


class List:
    """An engine's list of tensors."""


class State:
    """A value that lives from one prediction to the next, to be read and written."""


class Stored:
    """A constant as it is stored: packed, or the result of another operation on constants."""


class Body:
    """A block to call with tensors; it returns a tuple of tensors."""


Many = tuple[Tensor, ...]
Ints = tuple[int, ...]
Bools = tuple[bool, ...]
Strings = tuple[str, ...]


class DTypeName(str):
    """The MIL name of an element type; an implementing function receives the engine's own type."""

    __slots__ = ()


class ResultType:
    """The engine's type for the element type that a program declares for the first result."""


_CONST = "const"
Const = Annotated[T, _CONST]


class Role(Enum):
    """How a parameter is passed to an implementing function."""

    VALUE = "a tensor or list of the engine"
    VALUES = "a tuple of them"
    STORED = "a constant that is not expanded"
    PLAIN = "a number, text or type"
    PLAINS = "a tuple of numbers or texts"
    BODY = "a block"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of an operation: what it takes, and whether that must be a constant."""

    name: str
    kind: Any
    role: Role
    const: bool
    required: bool
    default: Any


@dataclass(frozen=True, eq=False)
class Op:
    """A declared operation: its name, the opset it came with, its parameters and its documentation."""

    name: str
    since: int
    parameters: Mapping[str, Parameter]
    doc: str
    pure: bool
    """Whether the same inputs give the same outputs, so that it may be computed when a model is loaded."""
    result_type: str | None
    """The name by which an implementing function receives the declared type of the result, where it asks for it."""

    def __repr__(self) -> str:
        return f"{self.name}@iOS{self.since}"


_declared: dict[str, list[Op]] = {}


def op(since: int, pure: bool = True, name: str = "") -> Callable[[Callable[..., Any]], Op]:
    """Declare the decorated signature as an operation that came with opset `since`.

    A later version of an operation is a declaration with another Python name and the same `name`.
    """

    def declare(signature: Callable[..., Any]) -> Op:
        return _declare(name or signature.__name__, since, signature, inspect.getdoc(signature) or "", pure)

    return declare


def like(signature: Callable[..., Any], name: str, doc: str, since: int = IOS15) -> Op:
    """Declare `name` as an operation with the parameters of `signature`: a row of a family."""
    return _declare(name, since, signature, doc, pure=True)


def _declare(name: str, since: int, signature: Callable[..., Any], doc: str, pure: bool) -> Op:
    hints = typing.get_type_hints(signature, include_extras=True)
    result_type = next((parameter for parameter, hint in hints.items() if hint is ResultType), None)
    operands = [p for p in inspect.signature(signature).parameters.values() if p.name != result_type]
    declared = Op(name, since, {p.name: _parameter(p, hints[p.name]) for p in operands}, doc, pure, result_type)
    versions = _declared.setdefault(declared.name, [])
    versions.append(declared)
    versions.sort(key=lambda version: version.since)
    return declared


def _parameter(parameter: inspect.Parameter, hint: Any) -> Parameter:
    required = parameter.default is inspect.Parameter.empty
    kind, const = _strip(hint)
    default = None if required else parameter.default
    return Parameter(parameter.name, kind, _role(kind), const, required, default)


def _role(kind: Any) -> Role:
    if kind is Body:
        return Role.BODY
    if kind is Stored:
        return Role.STORED
    if kind in (Tensor, List, State, Any):
        return Role.VALUE
    if typing.get_origin(kind) is tuple:
        return Role.VALUES if typing.get_args(kind)[0] in (Tensor, Any) else Role.PLAINS
    return Role.PLAIN


def _strip(hint: Any) -> tuple[Any, bool]:
    """The kind within ``Const[kind | None]`` and its like, and whether there was a `Const`."""
    origin = typing.get_origin(hint)
    if origin is Annotated:
        kind, _ = _strip(typing.get_args(hint)[0])
        return kind, True
    if origin in (types.UnionType, Union):
        present = [a for a in typing.get_args(hint) if a is not type(None)]
        return _strip(present[0])
    return hint, False


def declaration(name: str, opset: int) -> Op | None:
    """The declaration of `name` that holds in `opset`, or None."""
    versions = [version for version in _declared.get(name, ()) if version.since <= opset]
    return versions[-1] if versions else None


def declarations() -> list[Op]:
    """Every declared operation, by name and opset."""
    return [version for name in sorted(_declared) for version in _declared[name]]

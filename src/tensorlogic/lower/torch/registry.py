"""Which function implements which declared operation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from tensorlogic.lower.registry import Implementation, Registry
from tensorlogic.mil.declare import Op

_registry = Registry()
implements = _registry.implements
implementation = _registry.implementation

Arguments = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fusion:
    """Operations as one: each takes the result of the one before it, which nothing else needs.

    `call` takes as `first`, `second` and `third` the arguments of each operation, but for that result. One that
    `sees_alive` also takes, as `alive`, every value that is needed later.
    """

    ops: tuple[Op, ...]
    call: Callable[..., Any]
    device: str | None
    """The only kind of device where it is worth it."""
    sees_alive: bool


ORDINALS = ("first", "second", "third")

_fusions: dict[tuple[Op, ...], Fusion] = {}
_arrangements: dict[tuple[Op, str], Callable[[Tensor], Tensor]] = {}


def implement_rows(rows: Mapping[Op, Callable[..., Any]]) -> None:
    """Register a family of operations that are one call each; parameters are passed by position."""
    for op, function in rows.items():
        implements(op)(_by_position(op, function))


def _by_position(op: Op, function: Callable[..., Any]) -> Callable[..., Any]:
    names = tuple(op.parameters)

    def call(**arguments: Any) -> Any:
        return function(*[arguments[name] for name in names])

    return call


def fuses(*ops: Op, device: str | None = None, sees_alive: bool = False) -> Callable[[Implementation], Implementation]:
    """Register the decorated function as what does all of `ops`, one after another, at once; see `Fusion`."""

    def register(function: Implementation) -> Implementation:
        _fusions[ops] = Fusion(ops, function, device, sees_alive)
        return function

    return register


def fusions(device: str) -> list[Fusion]:
    """What can be fused on a kind of device, the longest first."""
    there = [fusion for fusion in _fusions.values() if fusion.device in (None, device)]
    return sorted(there, key=lambda fusion: -len(fusion.ops))


def arranges(op: Op, parameter: str) -> Callable[[Implementation], Implementation]:
    """Register the decorated function as what lays out a constant argument once, for every run to come."""

    def register(function: Implementation) -> Implementation:
        _arrangements[op, parameter] = function
        return function

    return register


def arrangement(op: Op, parameter: str) -> Callable[[Tensor], Tensor] | None:
    """How constants for a parameter are laid out, if it matters."""
    return _arrangements.get((op, parameter))

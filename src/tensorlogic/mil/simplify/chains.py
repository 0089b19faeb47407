"""Element-wise operations one after the other: they do the same to values in another order or shape."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from tensorlogic.mil.declare import Op, Role
from tensorlogic.mil.ops import activation, elementwise_binary, elementwise_unary
from tensorlogic.mil.program import Operand, Operation
from tensorlogic.mil.simplify.scope import Array, Scope, Shape, given

_FARTHEST = 32
"""Operations across which something looks for its inverse."""


def _is_elementwise(op: Op) -> bool:
    """Whether x alone goes in, and every element is computed like every other."""
    others = [parameter for name, parameter in op.parameters.items() if name != "x"]
    return all(other.role is Role.PLAIN and other.name != "axis" for other in others)


_UNARY = {
    op.name
    for family in (elementwise_unary, activation)
    for op in vars(family).values()
    if isinstance(op, Op) and _is_elementwise(op)
}

BINARY = {op.name for op in vars(elementwise_binary).values() if isinstance(op, Op)}


@dataclass(frozen=True)
class Chain:
    """An operation, and those after it of which each goes into the next one alone."""

    first: Operation
    links: tuple[tuple[Operation, str], ...]
    """Each operation with the parameter that it gets from the one before; its other operand is a constant."""

    def moved(
        self, scope: Scope, shape: Callable[[Shape | None], Shape | None], constant: Callable[[Operand], Operand]
    ) -> tuple[Operation, ...]:
        """The same operations without the first one, for values and constants of other shapes."""
        moved: list[Operation] = []
        x = self.first.inputs["x"][0]
        for operation, moving in self.links:
            operands = {name: constant(operation.inputs[name][0]) for name in _sides(operation) if name != moving}
            value = scope.fresh(operation.outputs[0], shape(scope.shape(operation.name)))
            moved.append(replace(given(operation, **operands, **{moving: x}), outputs=(value,)))
            x = value.name
        return tuple(moved)


def chain(x: Operand | None, ends: Collection[str], fits: Callable[[Array], bool], scope: Scope) -> Chain | None:
    """What x comes from, back to one of the operations `ends`. `fits` says which constants may take part."""
    links: list[tuple[Operation, str]] = []
    for _ in range(_FARTHEST):
        operation = scope.producer(x)
        if operation is None:
            return None
        if operation.type in ends:
            return Chain(operation, tuple(reversed(links)))
        moving = _moving(operation, fits, scope)
        if moving is None or not scope.alone(x):
            return None
        links.append((operation, moving))
        x = operation.inputs[moving][0]
    return None


def _moving(operation: Operation, fits: Callable[[Array], bool], scope: Scope) -> str | None:
    """The parameter whose elements an operation computes on, beside a constant at most."""
    if operation.type in _UNARY:
        return "x"
    arrays = {name: scope.array(scope.only(operation, name)) for name in _sides(operation)}
    moving = [name for name, array in arrays.items() if array is None]
    fixed = [array for array in arrays.values() if array is not None]
    return moving[0] if len(moving) == len(fixed) == 1 and fits(fixed[0]) else None


def _sides(operation: Operation) -> tuple[str, ...]:
    return ("x", "y") if operation.type in BINARY else ()

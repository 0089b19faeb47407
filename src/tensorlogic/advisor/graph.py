"""A function of a program as the advisor looks at it: operations that compute, their operands and what they give."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from tensorlogic.mil.program import Function, Literal, Operand, Operation, Value
from tensorlogic.mil.types import StateType, TensorType, Type

FREE = ("const", "constexpr_")
"""Operations that are no work of a prediction: constants, and weights that are expanded once."""


def is_free(operation: Operation) -> bool:
    """Whether an operation is done once, when the model is loaded."""
    return operation.type == FREE[0] or operation.type.removeprefix("ios18.").startswith(FREE[1])


@dataclass(frozen=True, eq=False)
class Site:
    """An operation in its place."""

    operation: Operation
    index: int
    graph: Graph

    @property
    def type(self) -> str:
        """The operation's type."""
        return self.operation.type

    @property
    def name(self) -> str:
        """How tools speak of it."""
        return self.operation.name

    def operand(self, parameter: str) -> Operand | None:
        """The first operand of a parameter."""
        given = self.operation.operands(parameter)
        return given[0] if given else None

    def tensor(self, parameter: str) -> TensorType | None:
        """The type of what is given for a parameter, if it is a tensor."""
        return self.graph.given(self.operation, parameter)

    def constant(self, parameter: str) -> Literal | None:
        """The value of a parameter that is written in the program."""
        return self.graph.constant(self.operand(parameter))

    def integers(self, parameter: str) -> tuple[int, ...]:
        """The integers of a parameter that are written in the program; none where it is computed, or no integers."""
        given = self.constant(parameter)
        if given is None or isinstance(given.data, tuple) or given.data.dtype.kind not in "iu":
            return ()
        return tuple(given.data.reshape(-1).tolist())

    @cached_property
    def computed(self) -> tuple[tuple[str, TensorType], ...]:
        """The tensors that come in while it runs, with their names."""
        names = dict.fromkeys(name for name in self.operation.names if not self.graph.is_constant(name))
        found = ((name, self.graph.tensor(name)) for name in names)
        return tuple((name, tensor) for name, tensor in found if tensor is not None)

    @cached_property
    def results(self) -> tuple[tuple[str, TensorType], ...]:
        """The tensors that it gives, with their names."""
        found = ((value.name, self.graph.tensor(value.name)) for value in self.operation.outputs)
        return tuple((name, tensor) for name, tensor in found if tensor is not None)

    @property
    def result(self) -> TensorType | None:
        """The first tensor that it gives."""
        return self.results[0][1] if self.results else None


class Graph:
    """The operations of a function that compute, in order, and who uses what they give."""

    def __init__(
        self, function: Function, *, is_enumerated: bool = False, shapes: Mapping[str, tuple[int, ...]] | None = None
    ) -> None:
        """`shapes` are those of values whose sizes the program leaves open, by their names."""
        self.function = function
        self.is_enumerated = is_enumerated
        """Whether an input may have one of several shapes."""
        every = list(function.body.walk())
        known = shapes or {}
        self.types: Mapping[str, Type] = {each.name: _sized(each, known) for each in self._values(every)}
        self._made_by = {value.name: operation for operation in every for value in operation.outputs}
        working = [operation for operation in function.body.operations if not is_free(operation)]
        self.sites = tuple(Site(operation, index, self) for index, operation in enumerate(working))
        self._site_of = {value.name: site for site in self.sites for value in site.operation.outputs}
        self._users: dict[str, list[str]] = {}
        for operation in every:
            for name in operation.names:
                self._users.setdefault(name, []).append(operation.type)

    def _values(self, operations: list[Operation]) -> Iterator[Value]:
        yield from self.function.inputs
        for operation in operations:
            yield from operation.outputs
            for block in operation.blocks:
                yield from block.inputs

    def tensor(self, operand: Operand | None) -> TensorType | None:
        """The type of an operand, if it is a tensor."""
        if isinstance(operand, Literal):
            return _tensor(operand.type)
        return None if operand is None else _tensor(self.types.get(operand))

    def given(self, operation: Operation, parameter: str) -> TensorType | None:
        """The type of the first operand of a parameter, if it is a tensor."""
        return self.tensor(next(iter(operation.operands(parameter) or ()), None))

    def is_constant(self, name: str) -> bool:
        """Whether a value is known when the model is loaded."""
        made_by = self._made_by.get(name)
        return made_by is not None and is_free(made_by)

    def constant(self, operand: Operand | None) -> Literal | None:
        """The value of an operand that is written in the program as it is."""
        if isinstance(operand, Literal) or operand is None:
            return operand
        made_by = self._made_by.get(operand)
        return None if made_by is None else made_by.constant

    def maker(self, name: str) -> Operation | None:
        """The operation that gives a value, constants too."""
        return self._made_by.get(name)

    def users(self, site: Site) -> list[str]:
        """The types of the operations that take what one gives."""
        return [type for value in site.operation.outputs for type in self._users.get(value.name, ())]

    def sources(self, site: Site) -> list[Site]:
        """The operations whose results one takes, also inside of its blocks."""
        names = [
            *site.operation.names,
            *(name for block in site.operation.blocks for o in block.walk() for name in o.names),
        ]
        return list(dict.fromkeys(self._site_of[name] for name in names if name in self._site_of))


def _sized(value: Value, shapes: Mapping[str, tuple[int, ...]]) -> Type:
    if isinstance(value.type, TensorType) and value.name in shapes:
        return replace(value.type, shape=shapes[value.name])
    return value.type


def _tensor(type: Type | None) -> TensorType | None:
    if isinstance(type, StateType):
        return type.wrapped
    return type if isinstance(type, TensorType) else None

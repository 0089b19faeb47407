"""Which operations run as one step, and which values nothing needs after it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from tensorlogic.lower.torch import Fusion
from tensorlogic.mil.ops import Op, declaration
from tensorlogic.mil.program import Block, Operation
from tensorlogic.mil.types import StateType, TensorType


@dataclass(frozen=True, slots=True)
class Group:
    """Operations that run as one step: one of them, or several that are fused, at the place of the last."""

    operations: tuple[Operation, ...]
    fusion: Fusion | None = None
    links: tuple[str, ...] = ("",)
    """For each operation, the parameter that takes the result of the one before it."""
    used_up: tuple[str, ...] = ()
    """The values of the block that nothing needs afterwards."""
    alive: tuple[str, ...] = ()
    """The tensors of the block that are there already and needed afterwards."""


def grouped(block: Block, opset: int, fusions: Iterable[Fusion]) -> list[Group]:
    """The operations of a block, in an order in which they may run."""
    finder = _Finder(block, opset)
    ends: dict[int, Group] = {}
    taken: set[int] = set()
    for fusion in fusions:
        for chain, links in finder.chains(fusion.ops):
            if taken.isdisjoint(chain):
                taken.update(chain)
                ends[chain[-1]] = Group(tuple(block.operations[place] for place in chain), fusion, links)
    alone = {place: Group((operation,)) for place, operation in enumerate(block.operations) if place not in taken}
    ends.update(alone)
    return _with_lifetimes([ends[place] for place in sorted(ends)], block)


class _Finder:
    """Finds operations of a block of which each takes the result of the one before, which nothing else needs."""

    def __init__(self, block: Block, opset: int) -> None:
        self.operations = block.operations
        self.ops: list[Op | None] = [declaration(operation.type, opset) for operation in block.operations]
        self.states = {v.name: v.type.wrapped for v in block.inputs if isinstance(v.type, StateType)}
        self.uses = Counter(block.outputs)
        self.takers: dict[str, tuple[int, str]] = {}
        for place, operation in enumerate(block.operations):
            self.uses.update(name for inner in operation.blocks for name in _named(inner))
            for parameter, operands in operation.inputs.items():
                names = [each for each in operands if isinstance(each, str)]
                self.uses.update(names)
                self.takers.update({name: (place, parameter) for name in names if len(operands) == 1})

    def chains(self, ops: Sequence[Op]) -> Iterable[tuple[list[int], tuple[str, ...]]]:
        """The places of operations that are `ops`, with the parameters that link them."""
        for start, op in enumerate(self.ops):
            found = self._chain(start, ops) if op is ops[0] else None
            if found is not None and self._of_one_type(found[0]):
                yield found

    def _chain(self, start: int, ops: Sequence[Op]) -> tuple[list[int], tuple[str, ...]] | None:
        places, links = [start], [""]
        for op in ops[1:]:
            result, *others = self.operations[places[-1]].outputs
            taker = self.takers.get(result.name)
            if others or taker is None or self.uses[result.name] != 1 or self.ops[taker[0]] is not op:
                return None
            places.append(taker[0])
            links.append(taker[1])
        return places, tuple(links)

    def _of_one_type(self, places: Sequence[int]) -> bool:
        """Whether all results, of which only the last one can be checked, are declared to be of the same type."""
        results = {value.type for place in places for value in self.operations[place].outputs}
        results.update(self.states[name] for name in _used(self.operations[places[-1]]) if name in self.states)
        return len(results) == 1 and all(isinstance(each, TensorType) and each.elements is not None for each in results)


def _with_lifetimes(groups: list[Group], block: Block) -> list[Group]:
    made = [{v.name for o in group.operations for v in o.outputs} for group in groups]
    states = {value.name for value in block.inputs if isinstance(value.type, StateType)}
    inputs = {value.name for value in block.inputs}
    mine = inputs.union(*made)
    needed = set(block.outputs)
    used_up: list[set[str]] = []
    for group, results in zip(reversed(groups), reversed(made), strict=True):
        fresh = (results.union(*map(_used, group.operations)) & mine) - needed
        used_up.append(fresh)
        needed |= fresh
    alive, found = inputs - states, []
    for group, results, gone in zip(groups, made, reversed(used_up), strict=True):
        found.append(replace(group, used_up=tuple(sorted(gone)), alive=tuple(sorted(alive - gone))))
        alive = (alive | results) - gone
    return found


def _used(operation: Operation) -> set[str]:
    used = {o for operands in operation.inputs.values() for o in operands if isinstance(o, str)}
    return used.union(*map(_named, operation.blocks))


def _named(block: Block) -> set[str]:
    return set(block.outputs).union(*map(_used, block.operations))

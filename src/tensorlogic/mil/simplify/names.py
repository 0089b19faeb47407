"""Where names stand for one value each, one value can take the place of another."""

from __future__ import annotations

from collections.abc import Iterator

from tensorlogic.mil.program import Block, Function


def names_are_ambiguous(function: Function) -> bool:
    """Whether a name stands for several values, other than for the inputs of blocks side by side."""
    computed = [value.name for operation in function.body.walk() for value in operation.outputs]
    given = {value.name for value in function.inputs}
    fixed = given.union(computed)
    return len(fixed) < len(given) + len(computed) or any(_shadows(function.body, fixed))


def _shadows(block: Block, visible: set[str]) -> Iterator[bool]:
    own = [value.name for value in block.inputs]
    yield len(set(own)) < len(own) or not visible.isdisjoint(own)
    for operation in block.operations:
        for inner in operation.blocks:
            yield from _shadows(inner, visible | set(own))

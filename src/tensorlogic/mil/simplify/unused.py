"""Operations whose results nothing needs."""

from __future__ import annotations

from dataclasses import replace

from tensorlogic.mil.ops import declaration
from tensorlogic.mil.program import Block, Operation


def is_pure(operation: Operation, opset: int) -> bool:
    """Whether an operation only gives its results, always the same for the same operands."""
    if operation.type == "const":
        return True
    declared = declaration(operation.type, opset)
    return declared is not None and declared.pure and not operation.blocks


def without_unused(block: Block, opset: int) -> Block:
    """The block without pure operations that no output needs."""
    return _used(block, opset)[0]


def _used(block: Block, opset: int) -> tuple[Block, set[str]]:
    """The block, and the names that it uses."""
    used, kept = set(block.outputs), []
    for operation in reversed(block.operations):
        if used.isdisjoint(v.name for v in operation.outputs) and is_pure(operation, opset):
            continue
        inner = [_used(each, opset) for each in operation.blocks]
        used.update(operation.names, *(names for _, names in inner))
        kept.append(replace(operation, blocks=tuple(each for each, _ in inner)) if inner else operation)
    return replace(block, operations=tuple(reversed(kept))), used

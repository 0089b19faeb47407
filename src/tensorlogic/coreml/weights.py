"""The weights of a program: which there are, how they are stored, and their values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from tensorlogic.coreml.compression import Compressed, is_compressed
from tensorlogic.formats.description import TensorInfo
from tensorlogic.mil import Block, Function, Operation, Program, TensorType

_DTYPES = {"fp16": "float16", "fp32": "float32", "fp64": "float64", "bf16": "bfloat16", "bool": "bool"}
_PLAIN = {"fp16": "F16", "fp32": "F32", "fp64": "F64", "bf16": "BF16"}


def weights(function: Function) -> dict[str, TensorInfo]:
    """Every constant of floating-point numbers with at least one axis, and every compressed one, by name.

    What serves compressed ones alone, such as their scales, is counted with them.
    """
    operations = list(function.body.walk())
    made = {value.name: operation for operation in operations for value in operation.outputs}
    inside = {name for operation in operations if is_compressed(operation) for name in _used(operation)}
    outside = {name for operation in operations if not is_compressed(operation) for name in _used(operation)}
    outside.update(name for block in _blocks(function.body) for name in block.outputs)
    return {
        operation.name: info
        for operation in operations
        if (operation.name not in inside or operation.name in outside) and (info := _info(operation, made)) is not None
    }


def _blocks(block: Block) -> Iterator[Block]:
    yield block
    for operation in block.operations:
        for inner in operation.blocks:
            yield from _blocks(inner)


def _used(operation: Operation) -> set[str]:
    return {operand for operands in operation.inputs.values() for operand in operands if isinstance(operand, str)}


def _info(operation: Operation, made: Mapping[str, Operation]) -> TensorInfo | None:
    """What there is to say of a constant that is a weight. Results in two parts are not, but parts of one."""
    declared = operation.outputs[0].type if len(operation.outputs) == 1 else None
    if not isinstance(declared, TensorType) or not declared.shape or None in declared.shape:
        return None
    shape = tuple(size for size in declared.shape if size is not None)
    dtype = _DTYPES.get(declared.dtype.name, declared.dtype.name)
    if operation.constant is not None and declared.dtype.is_float:
        assert isinstance(operation.constant.data, np.ndarray)
        storage = _PLAIN.get(declared.dtype.name, declared.dtype.name)
        return TensorInfo(dtype, shape, storage, operation.constant.data.nbytes)
    if is_compressed(operation):
        weight = Compressed(operation, made)
        return TensorInfo(dtype, shape, weight.storage, weight.size)
    return None


def alone(program: Program, function: str, name: str) -> Program:
    """The program that computes one weight of a function and nothing else, for an engine to expand it."""
    entry = program.functions[function]
    body = Block((), _needed(entry, name), (name,))
    return replace(program, functions={function: Function(function, (), entry.opset, body)})


def _needed(function: Function, name: str) -> tuple[Operation, ...]:
    """The operations that lead to a value, in order."""
    names, needed = {name}, []
    for operation in reversed(list(function.body.walk())):
        if any(value.name in names for value in operation.outputs):
            names |= _used(operation)
            needed.append(operation)
    return tuple(reversed(needed))

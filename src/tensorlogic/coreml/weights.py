"""The weights of a program: which there are, how they are stored, and their values."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from tensorlogic.formats.description import TensorInfo
from tensorlogic.mil import Block, Function, Literal, Operation, Program, TensorType

_DTYPES = {"fp16": "float16", "fp32": "float32", "fp64": "float64", "bf16": "bfloat16", "bool": "bool"}
_PLAIN = {"fp16": "F16", "fp32": "F32", "fp64": "F64", "bf16": "BF16"}


def _literal_type(operation: Operation, parameter: str) -> TensorType:
    (operand,) = operation.operands(parameter) or ()
    assert isinstance(operand, Literal) and isinstance(operand.type, TensorType)
    return operand.type


def _integers(operation: Operation) -> str:
    return f"INT{_literal_type(operation, 'quantized_data').dtype.bits}"


def _palette(operation: Operation) -> str:
    return f"{int(math.log2(_literal_type(operation, 'lut').elements or 1))}-bit palettized"


# How each compressed form is called.
_STORAGE: dict[str, Callable[[Operation], str]] = {
    "constexpr_affine_dequantize": _integers,
    "constexpr_cast": lambda operation: "F16",
    "constexpr_lut_to_dense": _palette,
    "constexpr_sparse_to_dense": lambda operation: "Sparse",
}


def weights(function: Function) -> dict[str, TensorInfo]:
    """Every constant of floating-point numbers with at least one axis, and every compressed one, by name."""
    return {operation.name: info for operation in function.body.walk() if (info := _info(operation)) is not None}


def _info(operation: Operation) -> TensorInfo | None:
    declared = operation.outputs[0].type if operation.outputs else None
    if not isinstance(declared, TensorType) or not declared.shape or None in declared.shape:
        return None
    shape = tuple(size for size in declared.shape if size is not None)
    dtype = _DTYPES.get(declared.dtype.name, declared.dtype.name)
    if operation.constant is not None and declared.dtype.is_float:
        return TensorInfo(dtype, shape, _PLAIN.get(declared.dtype.name, declared.dtype.name), _stored(operation))
    if operation.type in _STORAGE:
        return TensorInfo(dtype, shape, _STORAGE[operation.type](operation), _stored(operation))
    return None


def _stored(operation: Operation) -> int:
    return sum(
        literal.data.nbytes
        for name, literal in operation.attributes.items()
        if name != "name" and isinstance(literal.data, np.ndarray)
    )


def alone(program: Program, function: str, name: str) -> Program:
    """The program that computes one weight of a function and nothing else, for an engine to expand it."""
    entry = program.functions[function]
    operation = next(each for each in entry.body.walk() if each.name == name)
    body = Block((), (*_needed(entry, operation), operation), (name,))
    return replace(program, functions={function: Function(function, (), entry.opset, body)})


def _needed(function: Function, operation: Operation) -> Iterator[Any]:
    named = {o for operands in operation.inputs.values() for o in operands if isinstance(o, str)}
    for other in function.body.walk():
        if any(value.name in named for value in other.outputs):
            yield other

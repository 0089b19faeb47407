"""Core ML's model intermediate language as data: programs, their types, and the operations that exist."""

from tensorlogic.mil.program import BlobReference, Block, Function, Literal, Operand, Operation, Program, Value
from tensorlogic.mil.types import DictType, DType, ListType, StateType, TensorType, TupleType, Type

__all__ = [
    "BlobReference",
    "Block",
    "DType",
    "DictType",
    "Function",
    "ListType",
    "Literal",
    "Operand",
    "Operation",
    "Program",
    "StateType",
    "TensorType",
    "TupleType",
    "Type",
    "Value",
]

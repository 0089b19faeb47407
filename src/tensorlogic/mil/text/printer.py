"""Programs as MIL text, laid out as compilers do."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from tensorlogic.mil.literals import codes
from tensorlogic.mil.program import BlobReference, Block, Function, Literal, Operand, Operation, Program, Value
from tensorlogic.mil.text.lexer import ESCAPES, WORD
from tensorlogic.mil.types import BOOL, STRING, DictType, DType, ListType, TensorType

_STEP = " " * 4
_MOST, _SHOWN = 16, 4
_SPECIAL = re.compile(r'[\x00-\x1f\x7f"\\]')
_ESCAPED = {character: f"\\{letter}" for letter, character in ESCAPES.items() if letter not in "0'"}


def show(program: Program, readable: bool = False) -> str:
    """The program as text; values that came from a blob file are references to it.

    `readable` is for people: floats are decimal, the second names of operations are left out, and of long values
    only the beginning is shown. Without it, `parse` makes the same program of the text.
    """
    return "\n".join(_Printer(readable).program(program))


class _Printer:
    def __init__(self, readable: bool) -> None:
        self._readable = readable
        self._body = _STEP if readable else 2 * _STEP  # compilers indent the body of a function twice

    def program(self, program: Program) -> Iterator[str]:
        yield "program(1.3)"
        if program.attributes:
            yield self._attributes(program.attributes)
        yield "{"
        for function in program.functions.values():
            yield from self._function(function)
        yield "}"

    def _function(self, function: Function) -> Iterator[str]:
        head = f"func {_name(function.name)}<ios{function.opset}>({_values(function.inputs)})"
        noted = self._attributes(function.attributes)
        yield f"{_STEP}{head} {noted} {{" if noted else f"{_STEP}{head} {{"
        yield from self._block(function.body, self._body, ";")

    def _block(self, block: Block, indent: str, end: str) -> Iterator[str]:
        """The operations and the end of a block whose head is printed."""
        for operation in block.operations:
            yield from self._operation(operation, indent + _STEP)
        yield f"{indent}}} -> ({', '.join(map(_name, block.outputs))}){end}"

    def _operation(self, operation: Operation, indent: str) -> Iterator[str]:
        results = f"{_values(operation.outputs)} = " if operation.outputs else ""
        inputs = ", ".join(f"{_name(key)} = {self._operands(given)}" for key, given in operation.inputs.items())
        attributes = {key: value for key, value in operation.attributes.items() if not self._readable or key != "name"}
        line = f"{indent}{results}{_name(operation.type)}({inputs}){self._attributes(attributes)}"
        if not operation.blocks:
            yield f"{line};"
            return
        yield line
        for block in operation.blocks:
            yield f"{indent}{_STEP}({_values(block.inputs)}) {{"
            yield from self._block(block, indent + _STEP, ";" if block is operation.blocks[-1] else ",")

    def _operands(self, operands: tuple[Operand, ...]) -> str:
        shown = [_name(each) if isinstance(each, str) else self._literal(each) for each in operands]
        return shown[0] if len(shown) == 1 else f"({', '.join(shown)})"

    def _attributes(self, attributes: dict[str, Literal]) -> str:
        shown = ", ".join(f"{_name(key)} = {self._literal(value)}" for key, value in attributes.items())
        return f"[{shown}]" if shown else ""

    def _literal(self, literal: Literal) -> str:
        held = self._payload(literal) if literal.blob is None else self._blob(literal.blob)
        return f"{literal.type}({held})"

    def _blob(self, blob: BlobReference) -> str:
        if self._readable:
            return f"BLOBFILE({_quoted(blob.file)}, {blob.offset:,})"
        return f"BLOBFILE(path = string({_quoted(blob.file)}), offset = uint64({blob.offset}))"

    def _payload(self, literal: Literal) -> str:
        if isinstance(literal.data, np.ndarray):
            assert isinstance(literal.type, TensorType)
            known = literal.type.dtype.numpy is not None
            return self._array(literal.type.dtype, literal.data if known else codes(literal.type, literal.data))
        if isinstance(literal.type, DictType):
            return f"{{{self._several(literal.data, self._entry)}}}"
        opening, closing = "[]" if isinstance(literal.type, ListType) else "()"
        return f"{opening}{self._several(literal.data, self._payload)}{closing}"

    def _entry(self, entry: Literal) -> str:
        return f"{{{self._payload(entry)[1:-1]}}}"

    def _array(self, dtype: DType, array: npt.NDArray[Any]) -> str:
        if self._readable and array.size > _MOST:
            return f"[{self._several(array.ravel(), lambda value: self._array(dtype, value))}]"
        if self._readable and dtype.is_float and dtype.numpy:
            return _nested(array.astype(str).tolist(), str)
        return _nested(array.tolist(), _writer(dtype))

    def _several(self, values: Any, write: Callable[[Any], str]) -> str:
        if not self._readable or len(values) <= _MOST:
            return ", ".join(map(write, values))
        return f"{', '.join(map(write, values[:_SHOWN]))}, … {len(values) - _SHOWN:,} more"


def _values(values: Iterable[Value]) -> str:
    return ", ".join(f"{value.type} {_name(value.name)}" for value in values)


def _name(name: str) -> str:
    return name if WORD.fullmatch(name) else _quoted(name)


def _quoted(text: str) -> str:
    return f'"{_SPECIAL.sub(_escape, text)}"'


def _escape(found: re.Match[str]) -> str:
    return _ESCAPED.get(found[0], f"\\x{ord(found[0]):02x}")


def _nested(values: Any, write: Callable[[Any], str]) -> str:
    return f"[{', '.join(_nested(each, write) for each in values)}]" if isinstance(values, list) else write(values)


def _writer(dtype: DType) -> Callable[[Any], str]:
    if dtype == STRING:
        return _quoted
    if dtype == BOOL:
        return lambda value: "true" if value else "false"
    if dtype.is_float:
        return _float if dtype.numpy else hex
    return str


def _float(value: float) -> str:
    """Hexadecimal as in C, without the zeros that Python puts at the end."""
    digits, power, exponent = value.hex().partition("p")
    return f"{digits.rstrip('0').rstrip('.') if '.' in digits else digits}{power}{exponent}"

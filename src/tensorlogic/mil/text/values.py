"""The values in MIL text: a type, and between parentheses what it holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensorlogic.mil.literals import from_values
from tensorlogic.mil.program import BlobReference, Literal
from tensorlogic.mil.text.lexer import Lexer
from tensorlogic.mil.text.types import TypeReader
from tensorlogic.mil.types import STRING, DictType, ListType, TensorType, TupleType, Type

Stored = Callable[[Type, BlobReference], Literal]
"""Finds a value in a blob file."""

_BLOB = "BLOBFILE"
_TRUTH = {"true": True, "false": False}


class ValueReader:
    """Reads literals; `stored` finds those in blob files."""

    def __init__(self, lexer: Lexer, types: TypeReader, stored: Stored) -> None:
        self._lexer = lexer
        self._types = types
        self._stored = stored

    def literal(self) -> Literal:
        """Pass a value with its type: ``tensor<int32, [2]>([1, 2])``."""
        declared = self._types.type()
        self._lexer.expect("(")
        found = self._blob(declared) if self._lexer.token == _BLOB else self._value(declared)
        self._lexer.expect(")")
        return found

    def _blob(self, declared: Type) -> Literal:
        start = self._lexer.span
        self._lexer.advance()
        self._lexer.expect("(")
        given = self._lexer.named(self.literal, ")")
        path, offset = given.pop("path", None), given.pop("offset", None)
        if path is None or offset is None or given or path.type != TensorType(STRING) or not _is_offset(offset):
            raise self._lexer.error(f"{_BLOB} takes a path and an offset", at=start)
        return self._stored(declared, BlobReference(_scalar(path), _scalar(offset)))

    def _value(self, declared: Type) -> Literal:
        with self._lexer.deeper():
            match declared:
                case TensorType():
                    return self._tensor(declared)
                case ListType():
                    return Literal(declared, self._list(declared))
                case DictType():
                    self._lexer.expect("{")
                    return Literal(declared, tuple(self._lexer.several(lambda: self._entry(declared), "}")))
                case TupleType():
                    return Literal(declared, self._tuple(declared.elements, "(", ")"))
        raise self._lexer.error(f"a value of type {declared} cannot be written")

    def _list(self, declared: ListType) -> tuple[Literal, ...]:
        start = self._lexer.span
        self._lexer.expect("[")
        elements = self._lexer.several(lambda: self._value(declared.element), "]")
        if declared.length not in (None, len(elements)):
            raise self._lexer.error(f"a value of type {declared} has {len(elements):,} elements", at=start)
        return tuple(elements)

    def _entry(self, declared: DictType) -> Literal:
        pair = (declared.key, declared.value)
        return Literal(TupleType(pair), self._tuple(pair, "{", "}"))

    def _tuple(self, declared: tuple[Type, ...], opening: str, closing: str) -> tuple[Literal, ...]:
        self._lexer.expect(opening)
        found: list[Literal] = []
        for each in declared:
            if found:
                self._lexer.expect(",")
            found.append(self._value(each))
        self._lexer.expect(closing)
        return tuple(found)

    def _tensor(self, declared: TensorType) -> Literal:
        start = self._lexer.span
        if declared.shape is None:
            raise self._lexer.error(f"a value of type {declared} cannot be written")
        shape = list(declared.shape)
        values: list[object] = []
        self._axis(shape, 0, values)
        try:
            return Literal(declared, from_values(declared, values, tuple(size or 0 for size in shape)))
        except ValueError as error:
            raise self._lexer.error(str(error), at=start) from None

    def _axis(self, shape: list[int | None], axis: int, values: list[object]) -> None:
        """Read what is left of an array from `axis` on. Sizes that are not known become those that are written."""
        if axis == len(shape):
            values.append(self._scalar())
            return
        start = self._lexer.span
        self._lexer.expect("[")
        with self._lexer.deeper():
            count = len(self._lexer.several(lambda: self._axis(shape, axis + 1, values), "]"))
        if shape[axis] not in (None, count):
            raise self._lexer.error(f"axis {axis} has {count:,} values where it should have {shape[axis]:,}", at=start)
        shape[axis] = count

    def _scalar(self) -> object:
        if self._lexer.kind == "text":
            return self._lexer.text("a text")
        if self._lexer.token in _TRUTH:
            return _TRUTH[self._lexer.word("a truth value")]
        return self._lexer.number()


def _is_offset(literal: Literal) -> bool:
    return isinstance(literal.type, TensorType) and literal.type.shape == () and literal.type.dtype.name == "uint64"


def _scalar(literal: Literal) -> Any:
    assert not isinstance(literal.data, tuple)
    return literal.data.item()

"""The types in MIL text."""

from __future__ import annotations

from collections.abc import Callable

from tensorlogic.errors import nearest
from tensorlogic.mil.text.lexer import Lexer
from tensorlogic.mil.types import DTYPES, DictType, DType, ListType, StateType, TensorType, TupleType, Type


class TypeReader:
    """Reads types; ``tensor<int32, []>`` and ``int32`` are the same one."""

    def __init__(self, lexer: Lexer) -> None:
        self._lexer = lexer
        self._readers: dict[str, Callable[[], Type]] = {
            "tensor": self._tensor,
            "list": self._list,
            "dict": self._dict,
            "tuple": lambda: TupleType(tuple(lexer.several(self.type, ">"))),
            "state": self._state,
        }

    def type(self) -> Type:
        """Pass a type."""
        read = self._readers.get(self._lexer.token)
        if read is None:
            return TensorType(self._dtype())
        self._lexer.advance()
        self._lexer.expect("<")
        with self._lexer.deeper():
            return read()

    def _dtype(self) -> DType:
        word = self._lexer.token
        if self._lexer.kind == "word" and word not in DTYPES:
            guess = nearest(word, (*self._readers, *DTYPES))
            raise self._lexer.error(f"unknown type `{word}`" + (f"; did you mean `{guess}`?" if guess else ""))
        return DTYPES[self._lexer.word("a type")]

    def _tensor(self) -> TensorType:
        dtype = self._dtype()
        self._lexer.expect(",")
        self._lexer.expect("[")
        if self._lexer.taken("..."):
            self._lexer.expect("]")
            shape = None
        else:
            shape = tuple(self._lexer.several(self._size, "]"))
        self._lexer.expect(">")
        return TensorType(dtype, shape)

    def _list(self) -> ListType:
        element = self.type()
        self._lexer.expect(",")
        length = self._size()
        self._lexer.expect(">")
        return ListType(element, length)

    def _dict(self) -> DictType:
        key = self.type()
        self._lexer.expect(",")
        value = self.type()
        self._lexer.expect(">")
        return DictType(key, value)

    def _state(self) -> StateType:
        wrapped = self.type()
        if not isinstance(wrapped, TensorType) or wrapped.elements is None:
            raise self._lexer.error(f"a state of {wrapped}: only tensors of known size are kept")
        self._lexer.expect(">")
        return StateType(wrapped)

    def _size(self) -> int | None:
        return None if self._lexer.taken("?") else self._lexer.size()

"""MIL text to programs."""

from __future__ import annotations

from tensorlogic.errors import UnsupportedError, codes
from tensorlogic.mil.declare import IOS15, IOS16, IOS17, IOS18
from tensorlogic.mil.program import Block, Function, Literal, Operand, Operation, Program, Value
from tensorlogic.mil.text.lexer import Lexer
from tensorlogic.mil.text.types import TypeReader
from tensorlogic.mil.text.values import Stored, ValueReader

_OPSETS = {f"ios{release}": release for release in (IOS15, IOS16, IOS17, IOS18)}
_VERSION = "1"


def parse(text: str, source: str, stored: Stored) -> Program:
    """The program in a text. `source` is the file that messages name; `stored` finds the values in blob files.

    Raises `FormatError` with the place of the first mistake, and `UnsupportedError` for a newer version.
    """
    return _Parser(text, source, stored).program()


class _Parser:
    def __init__(self, text: str, source: str, stored: Stored) -> None:
        self._source = source
        self._lexer = Lexer(text, source)
        self._types = TypeReader(self._lexer)
        self._values = ValueReader(self._lexer, self._types, stored)

    def program(self) -> Program:
        self._keyword("program")
        self._lexer.expect("(")
        if self._lexer.token.partition(".")[0] != _VERSION:
            raise self._unsupported(f"the program is written in version {self._lexer.token} of MIL", f"{_VERSION}.x")
        self._lexer.advance()
        self._lexer.expect(")")
        attributes = self._attributes()
        self._lexer.expect("{")
        functions: dict[str, Function] = {}
        while not self._lexer.taken("}"):
            span, function = self._lexer.span, self._function()
            if function.name in functions:
                raise self._lexer.error(f"the function {function.name!r} is defined twice", at=span)
            functions[function.name] = function
        if self._lexer.kind != "end":
            raise self._lexer.unexpected("the end of the text")
        return Program(functions, self._source, attributes)

    def _function(self) -> Function:
        self._keyword("func")
        name = self._lexer.name("a function's name")
        self._lexer.expect("<")
        opset = _OPSETS.get(self._lexer.token)
        if opset is None:
            message = f"the function {name!r} is written in the operation set {self._lexer.token!r}"
            raise self._unsupported(message, ", ".join(_OPSETS))
        self._lexer.advance()
        self._lexer.expect(">")
        self._lexer.expect("(")
        inputs = tuple(self._lexer.several(self._value, ")"))
        attributes = self._attributes()
        body = self._block(())
        self._lexer.expect(";")
        return Function(name, inputs, opset, body, attributes)

    def _block(self, inputs: tuple[Value, ...]) -> Block:
        operations = []
        self._lexer.expect("{")
        with self._lexer.deeper():
            while not self._lexer.taken("}"):
                operations.append(self._operation())
        self._lexer.expect("->")
        self._lexer.expect("(")
        outputs = self._lexer.several(lambda: self._lexer.name("the name of a result"), ")")
        return Block(inputs, tuple(operations), tuple(outputs))

    def _operation(self) -> Operation:
        outputs = () if self._lexer.before("(") else self._outputs()
        kind = self._lexer.name("an operation")
        self._lexer.expect("(")
        inputs = self._lexer.named(self._operands, ")")
        attributes = self._attributes()
        blocks: list[Block] = []
        while self._lexer.kind != ";":
            if blocks:
                self._lexer.expect(",")
            blocks.append(self._inner())
        self._lexer.advance()
        return Operation(kind, inputs, outputs, attributes, tuple(blocks))

    def _outputs(self) -> tuple[Value, ...]:
        return tuple(self._lexer.several(self._value, "="))

    def _inner(self) -> Block:
        """A block of an operation: its inputs stand before it."""
        inputs = self._lexer.several(self._value, ")") if self._lexer.taken("(") else []
        return self._block(tuple(inputs))

    def _value(self) -> Value:
        declared = self._types.type()
        return Value(self._lexer.name("the name of a value"), declared)

    def _operands(self) -> tuple[Operand, ...]:
        if self._lexer.taken("("):
            return tuple(self._lexer.several(self._operand, ")"))
        return (self._operand(),)

    def _operand(self) -> Operand:
        if self._lexer.kind == "word" and self._lexer.before("(<"):
            return self._values.literal()
        return self._lexer.name("a value")

    def _attributes(self) -> dict[str, Literal]:
        return self._lexer.named(self._values.literal, "]") if self._lexer.taken("[") else {}

    def _keyword(self, keyword: str) -> None:
        if self._lexer.token != keyword:
            raise self._lexer.unexpected(f"`{keyword}`")
        self._lexer.advance()

    def _unsupported(self, message: str, supported: str) -> UnsupportedError:
        return UnsupportedError(
            codes.UNSUPPORTED_VERSION, message, self._lexer.place(), help=f"Supported: {supported}."
        )

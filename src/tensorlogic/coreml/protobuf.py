"""ML Programs as protobuf messages, read into `mil.Program`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy.typing as npt

from tensorlogic.coreml.blobs import Blobs
from tensorlogic.errors import BytePlace, FormatError, UnsupportedError, codes
from tensorlogic.formats.specification import mil_classes
from tensorlogic.mil import (
    BlobReference,
    Block,
    DictType,
    DType,
    Function,
    ListType,
    Literal,
    Operand,
    Operation,
    Program,
    StateType,
    TensorType,
    TupleType,
    Type,
    Value,
)
from tensorlogic.mil.literals import from_bytes, from_values
from tensorlogic.mil.types import DTYPES

_OPSETS = {"CoreML5": 15, "CoreML6": 16, "CoreML7": 17, "CoreML8": 18, "CoreML9": 26}


class ProgramReader:
    """Reads the program of one model file; `weights` finds the blob file that the program names."""

    def __init__(self, source: Path, weights: Callable[[str], Path]) -> None:
        self._source = source
        self._blobs = Blobs(weights)
        self._dtypes = _dtypes_by_number()

    def program(self, message: Any) -> Program:
        """The program in a `Program` message. Weights stay in their file until they are used."""
        functions = {name: self._function(name, message.functions[name]) for name in sorted(message.functions)}
        return Program(functions, str(self._source), self._attributes(message.attributes))

    def _function(self, name: str, message: Any) -> Function:
        opset = _OPSETS.get(message.opset)
        if opset is None:
            raise UnsupportedError(
                codes.UNSUPPORTED_VERSION,
                f"the function {name!r} is written in the operation set {message.opset!r}",
                BytePlace(str(self._source)),
                help=f"Supported: {', '.join(_OPSETS)}. Convert with an earlier minimum_deployment_target.",
            )
        if message.opset not in message.block_specializations:
            raise self._malformed(f"the function {name!r} has no body for its operation set")
        body = self._block(message.block_specializations[message.opset])
        # Inputs are given by name; compilers put them in this order, so that both forms of a model are equal.
        inputs = tuple(sorted(self._values(message.inputs), key=lambda value: value.name))
        return Function(name, inputs, opset, body, self._attributes(message.attributes))

    def _block(self, message: Any) -> Block:
        operations = tuple(self._operation(operation) for operation in message.operations)
        return Block(self._values(message.inputs), operations, tuple(message.outputs))

    def _operation(self, message: Any) -> Operation:
        return Operation(
            message.type,
            {key: self._operands(message.inputs[key].arguments) for key in sorted(message.inputs)},
            self._values(message.outputs),
            self._attributes(message.attributes),
            tuple(self._block(block) for block in message.blocks),
        )

    def _attributes(self, messages: Any) -> dict[str, Literal]:
        return {key: self._literal(messages[key]) for key in sorted(messages)}

    def _operands(self, bindings: Iterable[Any]) -> tuple[Operand, ...]:
        return tuple(b.name if b.WhichOneof("binding") == "name" else self._literal(b.value) for b in bindings)

    def _values(self, messages: Iterable[Any]) -> tuple[Value, ...]:
        return tuple(Value(message.name, self._type(message.type)) for message in messages)

    def _type(self, message: Any) -> Type:
        kind = message.WhichOneof("type")
        inner: Any = getattr(message, kind) if kind else None
        match kind:
            case "tensorType":
                return self._tensor_type(inner)
            case "listType":
                return ListType(self._type(inner.type), _size(inner.length))
            case "dictionaryType":
                return DictType(self._type(inner.keyType), self._type(inner.valueType))
            case "tupleType":
                return TupleType(tuple(self._type(element) for element in inner.types))
            case "stateType":
                wrapped = self._type(inner.wrappedType)
                if isinstance(wrapped, TensorType) and wrapped.elements is not None:
                    return StateType(wrapped)
                raise self._malformed(f"a state of {wrapped}: only tensors of known size are kept")
        raise self._malformed("a value has no type")

    def _tensor_type(self, message: Any) -> TensorType:
        dtype = self._dtypes.get(message.dataType)
        if dtype is None:
            raise self._malformed(f"a tensor has the unknown element type {message.dataType}")
        if message.rank < 0 or any(d.unknown.variadic for d in message.dimensions):
            return TensorType(dtype, None)
        if message.rank != len(message.dimensions):
            raise self._malformed(f"a tensor of rank {message.rank} has {len(message.dimensions)} dimensions")
        return TensorType(dtype, tuple(_size(dimension) for dimension in message.dimensions))

    def _literal(self, message: Any) -> Literal:
        declared = self._type(message.type)
        if message.WhichOneof("value") == "blobFileValue":
            stored = message.blobFileValue
            return self._blobs.literal(declared, BlobReference(stored.fileName, stored.offset))
        value = message.immediateValue
        match value.WhichOneof("value"):
            case "tensor" if isinstance(declared, TensorType):
                return Literal(declared, self._immediate(declared, value.tensor))
            case "list":
                return Literal(declared, tuple(self._literal(each) for each in value.list.values))
            case "tuple":
                return Literal(declared, tuple(self._literal(each) for each in value.tuple.values))
            case "dictionary" if isinstance(declared, DictType):
                entry = TupleType((declared.key, declared.value))
                pairs = [(self._literal(each.key), self._literal(each.value)) for each in value.dictionary.values]
                return Literal(declared, tuple(Literal(entry, pair) for pair in pairs))
        raise self._malformed(f"a constant of type {declared} has no value of that type")

    def _immediate(self, declared: TensorType, message: Any) -> npt.NDArray[Any]:
        kind = message.WhichOneof("value")
        if kind is None:
            raise self._malformed(f"a constant of type {declared} has no value")
        values = getattr(message, kind).values
        try:
            return from_bytes(declared, values) if kind == "bytes" else from_values(declared, values)
        except ValueError as error:
            code = codes.SIZE_MISMATCH if kind == "bytes" else codes.BAD_PROGRAM
            raise FormatError(code, str(error), BytePlace(str(self._source))) from None

    def _malformed(self, message: str) -> FormatError:
        return FormatError(codes.BAD_PROGRAM, message, BytePlace(str(self._source)))


def _size(dimension: Any) -> int | None:
    return int(dimension.constant.size) if dimension.WhichOneof("dimension") == "constant" else None


def _dtypes_by_number() -> dict[int, DType]:
    """The file's numbers for element types, by their names: FLOAT16 is fp16, FLOAT8E4M3FN is fp8e4m3fn."""
    names = {
        number: name.lower().replace("bfloat", "bf").replace("float", "fp")
        for name, number in mil_classes().DataType.items()
    }
    return {number: DTYPES[name] for number, name in names.items() if name in DTYPES}

"""A function of a program as an ONNX model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from onnx import ModelProto

from tensorlogic.errors import (
    Diagnostic,
    OperationPlace,
    ProgramError,
    TensorLogicError,
    UnsupportedError,
    codes,
    first_line,
)
from tensorlogic.lower.arguments import plain_argument
from tensorlogic.lower.memory import check_size
from tensorlogic.lower.onnx.constants import Constant
from tensorlogic.lower.onnx.graph import Array, Graph, Tensor, TensorList
from tensorlogic.lower.onnx.labels import Labelled
from tensorlogic.lower.onnx.model import model_proto
from tensorlogic.lower.onnx.registry import implementation
from tensorlogic.lower.onnx.state import Body, Cell, values_of
from tensorlogic.lower.onnx.target import Target
from tensorlogic.lower.signature import Signature
from tensorlogic.mil.declare import Op, Parameter, Role
from tensorlogic.mil.ops import declaration
from tensorlogic.mil.program import Block, Function, Literal, Operand, Operation, Program, Value
from tensorlogic.mil.simplify import simplify
from tensorlogic.mil.types import FP32, INT32, STRING, DType, ListType, StateType, TensorType

Evaluate = Callable[[ModelProto, Mapping[str, Array]], Sequence[Array]]
"""Runs a model without inputs, given its large constants by name."""

_FOLDED = 1 << 20
"""The most elements that results may have to be computed in advance, beyond what they are computed from."""


@dataclass(frozen=True, slots=True)
class Lowered:
    """An ONNX model. Large constants are not in it: it names them as external data, and `weights` has them."""

    model: ModelProto
    weights: dict[str, Array]
    signature: Signature


def lower(program: Program, function: str, precision: str, evaluate: Evaluate, contrib: bool = True) -> Lowered:
    """The function as an ONNX model that computes in `precision`; `evaluate` computes what is known in advance.

    With `contrib`, operators of ONNX Runtime's own are used where they are faster; without, those of the standard only.
    Raises `UnsupportedError`, naming every operation that ONNX cannot do, and `ProgramError` where an operation
    cannot be what the file says it is.
    """
    target = Target(precision)
    entry = simplify(program.functions[function], target.computed)
    return _Lowering(program.source, entry, target, evaluate, contrib).whole()


@dataclass(slots=True)
class _Lowering:
    source: str
    function: Function
    target: Target
    evaluate: Evaluate
    contrib: bool
    known: dict[str, Constant] = field(default_factory=dict)
    moving: dict[str, Any] = field(default_factory=dict)
    lacking: list[Diagnostic] = field(default_factory=list)

    def whole(self) -> Lowered:
        g = Graph(contrib=self.contrib)
        for name in self._reserved():
            g.shared.names.add(name)
        cells: dict[str, Cell] = {}
        for value in self.function.inputs:
            self.moving[value.name] = self._input(g, value, cells)
        body = Block((), self.function.body.operations, self.function.body.outputs)
        results = self.block(body, g)
        if self.lacking:
            raise UnsupportedError.of(self.lacking)
        labels = {n: each.labels for n, each in zip(body.outputs, results, strict=True) if isinstance(each, Labelled)}
        outputs = [self._final(g, name, result) for name, result in zip(body.outputs, results, strict=True)]
        states = self._next_values(g, cells, outputs)
        model, weights = model_proto(g, [*outputs, *states.values()], self.source, self.function.name)
        next_values = {name: each.name for name, each in states.items()}
        return Lowered(model, weights, Signature(tuple(body.outputs), next_values, labels))

    def block(self, block: Block, g: Graph, *arguments: Tensor) -> tuple[Any, ...]:
        """Write the operations of a block into a graph; what it yields."""
        self.moving.update({value.name: _as(value, each) for value, each in zip(block.inputs, arguments, strict=True)})
        for operation in block.operations:
            try:
                self._operation(g, operation)
            except NotImplementedError as error:
                self._lacks(operation, str(error))
            except TensorLogicError:
                raise
            except Exception as error:
                raise _failed(error, self._place(operation)) from error
            if self.lacking:
                self._stand_in(g, operation)
        return tuple(self._value(name) for name in block.outputs)

    def _body(self, block: Block) -> Body:
        """A block within an operation, with the states that it uses."""
        used = [operand for operation in block.walk() for each in operation.inputs.values() for operand in each]
        cells = [self.moving.get(name) for name in used if isinstance(name, str)]
        return Body(partial(self.block, block), tuple(cell for cell in cells if isinstance(cell, Cell)))

    def _operation(self, g: Graph, operation: Operation) -> None:
        if operation.constant is not None:
            self.known[operation.name] = Constant(operation.constant, self._label(operation.name), self.target)
            return
        declared = declaration(operation.type, self.function.opset)
        call = None if declared is None else implementation(declared)
        if declared is None or call is None:
            raise NotImplementedError("it has no equivalent yet")
        self._check_sizes(operation.outputs, self._place(operation))
        if declared.pure and self._is_known(operation, declared):
            self._fold(operation, declared, call)
        else:
            self._write(g, operation, declared, call)

    def _check_sizes(self, values: Sequence[Value], place: OperationPlace) -> None:
        for value in values:
            declared = value.type.wrapped if isinstance(value.type, StateType) else value.type
            if isinstance(declared, TensorType) and declared.dtype != STRING:
                check_size(declared, self.target.dtype(declared.dtype.name).bits // 8, place)

    def _write(self, g: Graph, operation: Operation, declared: Op, call: Callable[..., Any]) -> None:
        since = len(g.nodes)
        result = call(g, **self._arguments(operation, declared))
        for value, each in zip(operation.outputs, result if isinstance(result, tuple) else (result,), strict=True):
            if isinstance(each, Tensor) and each.stored is not None:
                self.known[value.name] = Constant(each, value.name, self.target)
            else:
                self.moving[value.name] = self._bind(g, value, each, since, operation)

    def _bind(self, g: Graph, value: Value, result: Any, since: int, operation: Operation) -> Any:
        """The result under its declared name and shape. What ONNX infers is compared with it when a model is loaded."""
        if not isinstance(result, Tensor) or not isinstance(value.type, TensorType):
            return g.rename(result, value.name, since) if isinstance(result, Tensor) else result
        expected = self.target.dtype(value.type.dtype.name)
        if result.dtype != expected:
            message = f"the operation computes {result.dtype}, but the file declares {value.type}"
            raise ProgramError(codes.BAD_OPERATION, message, self._place(operation))
        named = replace(g.rename(result, value.name, since), shape=value.type.shape)
        if g.outer is None and named.name == value.name:
            g.declare(named)
        return named

    def _fold(self, operation: Operation, declared: Op, call: Callable[..., Any]) -> None:
        """Compute an operation on constants, now."""
        g = Graph()
        result = call(g, **self._arguments(operation, declared))
        results = result if isinstance(result, tuple) else (result,)
        moving = [each for each in results if each.stored is None]
        computed = iter(self._computed(g, moving))
        for value, each in zip(operation.outputs, results, strict=True):
            final = each if each.stored is not None else replace(each, name="", stored=next(computed))
            assert final.stored is not None
            self._check(value, final.dtype, final.stored.shape, operation)
            named = replace(final, name=self._label(value.name), shape=final.stored.shape)
            self.known[value.name] = Constant(named, "", self.target)

    def _check(self, value: Value, dtype: DType, shape: tuple[int, ...], operation: Operation) -> None:
        """Refuse a result that is not what the file declares."""
        declared = value.type
        if isinstance(declared, TensorType) and (
            dtype != self.target.dtype(declared.dtype.name) or not declared.accepts(shape)
        ):
            message = f"the operation computes {dtype}{list(shape)}, but the file declares {declared}"
            raise ProgramError(codes.BAD_OPERATION, message, self._place(operation))

    def _label(self, name: str) -> str:
        """What a constant is called: not as outputs are, which must be results of nodes."""
        return "" if name in self.function.body.outputs else name

    def _computed(self, g: Graph, results: Sequence[Tensor]) -> Sequence[Array]:
        if not results:
            return ()
        model, weights = model_proto(g, results, self.source, self.function.name)
        return self.evaluate(model, weights)

    def _is_known(self, operation: Operation, declared: Op) -> bool:
        """Whether all operands are, and the result is not much larger than they are."""
        operands = [operand for name in declared.parameters for operand in operation.operands(name) or ()]
        constants = [self._constant(operand) for operand in operands]
        if not all(constants) or any(p.role is Role.BODY for p in declared.parameters.values()):
            return False
        if not all(isinstance(value.type, TensorType) for value in operation.outputs):
            return False
        if _is_compressed(declared):
            return True
        made = sum(_elements(value) for value in operation.outputs)
        return made <= sum(constant.elements for constant in constants if constant is not None) + _FOLDED

    def _arguments(self, operation: Operation, declared: Op) -> dict[str, Any]:
        blocks = iter(operation.blocks)
        arguments: dict[str, Any] = {}
        for parameter in declared.parameters.values():
            if parameter.role is Role.BODY:
                arguments[parameter.name] = self._body(next(blocks))
            else:
                operands = operation.operands(parameter.name)
                arguments[parameter.name] = self._argument(parameter, operands, self._place(operation))
        if declared.result_type is not None:
            arguments[declared.result_type] = self._result_type(operation)
        return arguments

    def _argument(self, parameter: Parameter, operands: tuple[Operand, ...] | None, place: OperationPlace) -> Any:
        """One argument: the default, what is known, or what moves."""
        if operands is None:
            return self._default(parameter)
        if parameter.role is Role.VALUE:
            return self._value(operands[0])
        if parameter.role is Role.VALUES:
            return tuple(self._value(operand) for operand in operands)
        constants = [self._constant(operand) for operand in operands]
        known = [constant for constant in constants if constant is not None]
        if len(known) < len(operands):
            return self._moving(parameter, operands, place)
        try:
            if parameter.role is Role.STORED:
                return known[0]
            return plain_argument([constant.plain for constant in known], parameter, self.target.dtype)
        except (TypeError, ValueError, OverflowError):
            message = f"the parameter {parameter.name!r} has an unusable value"
            raise ProgramError(codes.BAD_OPERATION, message, place) from None

    def _moving(self, parameter: Parameter, operands: tuple[Operand, ...], place: OperationPlace) -> Any:
        """A plain argument that the program computes: a tensor."""
        if parameter.const:
            message = f"the parameter {parameter.name!r} must be a constant"
            raise ProgramError(codes.BAD_OPERATION, message, place)
        if len(operands) > 1:
            raise NotImplementedError(f"the parts of {parameter.name!r} are computed one by one")
        return self._value(operands[0])

    def _default(self, parameter: Parameter) -> Any:
        if parameter.default is None:
            return None
        if parameter.role is Role.VALUE:
            return Graph().constant(parameter.default, FP32 if isinstance(parameter.default, float) else INT32)
        return plain_argument((parameter.default,), parameter, self.target.dtype)

    def _result_type(self, operation: Operation) -> Any:
        declared = operation.outputs[0].type
        if not isinstance(declared, TensorType):
            raise ProgramError(codes.BAD_OPERATION, "the result must be a tensor of numbers", self._place(operation))
        return self.target.dtype(declared.dtype.name)

    def _constant(self, operand: Operand) -> Constant | None:
        if isinstance(operand, Literal):
            return Constant(operand, "", self.target)
        return self.known.get(operand)

    def _value(self, operand: Operand) -> Any:
        constant = self._constant(operand)
        if constant is not None:
            return constant.value
        assert isinstance(operand, str)
        return self.moving[operand]

    def _input(self, g: Graph, value: Value, cells: dict[str, Cell]) -> Any:
        kind = "state" if isinstance(value.type, StateType) else "input"
        self._check_sizes([value], OperationPlace(self.source, self.function.name, kind, value.name))
        declared = value.type.wrapped if isinstance(value.type, StateType) else value.type
        if not isinstance(declared, TensorType):
            place = OperationPlace(self.source, self.function.name, "input", value.name)
            raise UnsupportedError(codes.UNSUPPORTED_TYPE, f"an input of type {declared} cannot run with ONNX", place)
        tensor = g.input_named(Tensor(value.name, self.target.dtype(declared.dtype.name), declared.shape))
        if not isinstance(value.type, StateType):
            return tensor
        return cells.setdefault(value.name, Cell(tensor))

    def _final(self, g: Graph, name: str, result: Any) -> Tensor:
        """A result of the function, under its name."""
        result = result.tensor if isinstance(result, Labelled) else result
        if not isinstance(result, Tensor) or isinstance(result, TensorList):
            message = f"the output {name!r} is no tensor"
            raise UnsupportedError(
                codes.UNSUPPORTED_TYPE, message, OperationPlace(self.source, self.function.name, "output", name)
            )
        if result.name == name and result.stored is None:
            return result
        return g.named(result, name)

    def _next_values(self, g: Graph, cells: Mapping[str, Cell], outputs: Sequence[Tensor]) -> dict[str, Tensor]:
        """What the states are afterwards: what nodes make is renamed, where a copy would be as large as a cache."""
        uses = Counter(each.name for each in (*outputs, *values_of([*cells.values()])))
        own = g.made() if cells else set()
        names = {}
        for name, cell in cells.items():
            if cell.value.name in own and uses[cell.value.name] == 1:
                names[cell.value.name] = f"{name}_next"
                cell.value = replace(cell.value, name=f"{name}_next")
        if names:
            g.rename_everywhere(names)
        return {name: self._final(g, f"{name}_next", cell.value) for name, cell in cells.items()}

    def _reserved(self) -> list[str]:
        """Names that nothing else may take: those of outputs that are not results of operations' own."""
        made = {value.name for operation in self.function.body.operations for value in operation.outputs}
        states = [f"{name}_next" for name in self.function.states]
        return [name for name in self.function.body.outputs if name not in made] + states

    def _stand_in(self, g: Graph, operation: Operation) -> None:
        """After something is missing: values to go on with, to find what else is."""
        for value in operation.outputs:
            if value.name not in self.known and value.name not in self.moving:
                declared = value.type if isinstance(value.type, TensorType) else TensorType(FP32, None)
                kind = TensorList if isinstance(value.type, ListType) else Tensor
                self.moving[value.name] = kind("", self.target.dtype(declared.dtype.name), declared.shape)

    def _lacks(self, operation: Operation, reason: str) -> None:
        message = f"the operation {operation.type!r} cannot run with ONNX: {reason}"
        self.lacking.append(Diagnostic(codes.UNSUPPORTED_OPERATION, message, self._place(operation)))

    def _place(self, operation: Operation) -> OperationPlace:
        return OperationPlace(self.source, self.function.name, operation.type, operation.name)


def _as(value: Value, argument: Any) -> Any:
    """An argument of a block, of the shape that the block declares."""
    if isinstance(argument, Tensor) and isinstance(value.type, TensorType) and argument.stored is None:
        return replace(argument, shape=value.type.shape)
    return argument


def _elements(value: Value) -> int:
    """How many elements a result has; none where its size is not known, which constants never lead to."""
    return (value.type.elements or 0) if isinstance(value.type, TensorType) else 0


def _is_compressed(declared: Op) -> bool:
    return any(parameter.role is Role.STORED for parameter in declared.parameters.values())


def _failed(error: Exception, place: OperationPlace) -> ProgramError:
    said = first_line(error)
    message = f"it does not know {said}" if isinstance(error, KeyError) else said
    return ProgramError(codes.BAD_OPERATION, f"the operation cannot be written as ONNX: {message}", place)

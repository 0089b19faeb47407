"""Is a program well formed? Checked before any engine sees it, and all findings are reported together."""

from __future__ import annotations

from collections.abc import Iterator

from tensorlogic.errors import Diagnostic, OperationPlace, ProgramError, codes, nearest
from tensorlogic.mil.declare import Op, Role, State
from tensorlogic.mil.ops import declaration
from tensorlogic.mil.program import Block, Function, Operand, Operation, Program
from tensorlogic.mil.types import StateType, Type

_SEVERAL = (Role.VALUES, Role.PLAINS)
_MOST_FINDINGS = 20


def verify(program: Program) -> None:
    """Raise `ProgramError` unless every value is defined once and before its use, and operations fit together."""
    findings = [finding for function in program.functions.values() for finding in _function(program, function)]
    if findings:
        raise ProgramError.of(findings[:_MOST_FINDINGS])


def _function(program: Program, function: Function) -> Iterator[Diagnostic]:
    checker = _Checker(program.source, function)
    yield from checker.block(function.body, {value.name: value.type for value in function.inputs})


class _Checker:
    def __init__(self, source: str, function: Function) -> None:
        self._source = source
        self._function = function
        self._defined: set[str] = set()

    def block(self, block: Block, visible: dict[str, Type]) -> Iterator[Diagnostic]:
        visible = visible | {value.name: value.type for value in block.inputs}
        for operation in block.operations:
            yield from self._operation(operation, visible)
            visible |= {value.name: value.type for value in operation.outputs}
        for name in block.outputs:
            place = OperationPlace(self._source, self._function.name, "block", name)
            if name not in visible:
                yield Diagnostic(codes.UNDEFINED_VALUE, f"the output {name!r} is never computed", place)
            elif isinstance(visible[name], StateType):
                yield Diagnostic(codes.BAD_PROGRAM, f"the output {name!r} is a state, which must be read first", place)

    def _operation(self, operation: Operation, visible: dict[str, Type]) -> Iterator[Diagnostic]:
        place = OperationPlace(self._source, self._function.name, operation.type, operation.name)
        for value in operation.outputs:
            if value.name in self._defined:
                yield Diagnostic(codes.BAD_PROGRAM, f"the value {value.name!r} is defined twice", place)
            self._defined.add(value.name)
        for operands in operation.inputs.values():
            for operand in operands:
                if isinstance(operand, str) and operand not in visible:
                    message = f"the value {operand!r} is used before it is defined"
                    yield Diagnostic(codes.UNDEFINED_VALUE, message, place)
        for inner in operation.blocks:
            yield from self.block(inner, visible)
        yield from self._signature(operation, visible, place)

    def _signature(self, operation: Operation, visible: dict[str, Type], place: OperationPlace) -> Iterator[Diagnostic]:
        if operation.type == "const":
            yield from _constant(operation, place)
            return
        declared = declaration(operation.type, self._function.opset)
        if declared is None:
            return  # engines say what they do not have
        findings = [*_unknown(operation, declared), *_misfits(operation, declared, visible)]
        if findings and declared.since < self._function.opset:
            # A sound file of a newer opset looks like this too.
            findings.append(
                f"iOS {self._function.opset} may have changed it: it is known here as of iOS {declared.since}"
            )
        if findings:
            message, *notes = findings
            yield Diagnostic(codes.BAD_OPERATION, message, place, notes=tuple(notes))


def _constant(operation: Operation, place: OperationPlace) -> Iterator[Diagnostic]:
    if operation.constant is None:
        yield Diagnostic(codes.BAD_OPERATION, "the constant has no value", place)
    elif len(operation.outputs) != 1 or operation.outputs[0].type != operation.constant.type:
        yield Diagnostic(codes.BAD_OPERATION, "the constant's value is not of its type", place)


def _unknown(operation: Operation, declared: Op) -> Iterator[str]:
    for name in operation.inputs:
        if name not in declared.parameters:
            guess = nearest(name, declared.parameters)
            yield f"the operation has no parameter {name!r}" + (f", but {guess!r}" if guess else "")


def _misfits(operation: Operation, declared: Op, visible: dict[str, Type]) -> Iterator[str]:
    if not operation.outputs and declared.pure:
        yield "the operation has no result"
    bodies = 0
    for parameter in declared.parameters.values():
        operands = operation.operands(parameter.name)
        if parameter.role is Role.BODY:
            bodies += 1
        elif operands is None:
            if parameter.required:
                yield f"the parameter {parameter.name!r} is missing"
        elif parameter.role not in _SEVERAL and len(operands) != 1:
            yield f"the parameter {parameter.name!r} takes one value, but has {len(operands)}"
        elif any(_is_state(operand, visible) != (parameter.kind is State) for operand in operands):
            yield f"the parameter {parameter.name!r} takes {'a state' if parameter.kind is State else 'no state'}"
    if bodies != len(operation.blocks):
        yield f"the operation needs {bodies} blocks, but has {len(operation.blocks)}"


def _is_state(operand: Operand, visible: dict[str, Type]) -> bool:
    return isinstance(operand, str) and isinstance(visible.get(operand), StateType)

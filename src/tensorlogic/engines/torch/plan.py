"""A program as bound steps: what is known is computed once, what moves is looked up, what is used up is freed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from operator import itemgetter
from typing import Any

import torch

from tensorlogic.engines.torch import shared
from tensorlogic.engines.torch.groups import Group, grouped
from tensorlogic.engines.torch.step import BlockPlan, Expected, Frame, Getter, Step
from tensorlogic.engines.torch.values import Constant, Target, host
from tensorlogic.engines.torch.watching import waits
from tensorlogic.errors import OperationPlace, ProgramError, codes
from tensorlogic.lower.arguments import plain_argument
from tensorlogic.lower.memory import check_size
from tensorlogic.lower.torch import ORDINALS, Fusion, arrangement, fusions, implementation
from tensorlogic.mil.declare import Parameter, Role
from tensorlogic.mil.ops import Op, declaration
from tensorlogic.mil.program import Block, Literal, Operand, Operation, Program, Value
from tensorlogic.mil.types import STRING, StateType, TensorType, is_fixed


@dataclass(frozen=True, slots=True)
class Plan:
    """A function, ready to run on frames of `slots` values."""

    body: BlockPlan
    slots: int
    inputs: tuple[Value, ...]
    outputs: tuple[str, ...]
    states: dict[str, TensorType]
    target: Target

    @property
    def fixed(self) -> bool:
        """Whether every run computes on tensors of the same shapes, which are known."""
        return all(is_fixed(value.type) for value in self.inputs)

    def run(self, arguments: Mapping[str, Any]) -> tuple[Any, ...]:
        """Every output, computed step by step. Raises `TensorLogicError` where an operation fails."""
        frame: Frame = [None] * self.slots
        return self.body.run(frame, *[arguments[value.name] for value in self.inputs])

    def waits(self, arguments: Mapping[str, Any]) -> bool:
        """Whether a run waits for the device: it is run for that."""
        return waits(self.target.device, lambda: self.run(arguments))


def compile_plan(program: Program, function: str, device: torch.device, precision: str) -> Plan:
    """Bind the function's operations. Raises `ProgramError` where one cannot be what the file says it is."""
    entry = program.functions[function]
    compiler = Compiler(program.source, function, entry.opset, Target(device, precision))
    for value in entry.inputs:
        compiler.check_input(value)
    fused = fusions(device.type)
    body = compiler.block(Block(entry.inputs, entry.body.operations, entry.body.outputs), fused)
    return Plan(body, len(compiler.slots), entry.inputs, entry.body.outputs, entry.states, compiler.target)


@dataclass(slots=True)
class _Arguments:
    """The arguments of one operation, sorted by whether they are known."""

    fixed: dict[str, Any] = field(default_factory=dict)
    moving: list[tuple[str, Getter]] = field(default_factory=list)

    def getter(self) -> Getter:
        """What looks all of them up."""
        fixed, moving = self.fixed, tuple(self.moving)
        return lambda frame: {**fixed, **{name: get(frame) for name, get in moving}}


class Compiler:
    """Binds operations in order: a step needs the constants before it, and forgets what nothing needs later."""

    def __init__(self, source: str, function: str, opset: int, target: Target) -> None:
        self.source = source
        self.function = function
        self.opset = opset
        self.target = target
        self.slots: dict[str, int] = {}
        self.constants: dict[str, Constant] = {}

    def block(self, block: Block, fused: Iterable[Fusion] = ()) -> BlockPlan:
        """The steps of a block. Only the outermost, where everything that is alive is known, may have fused ones."""
        inputs = tuple(self._slot(value.name) for value in block.inputs)
        steps = tuple(self.steps(block, fused))
        return BlockPlan(inputs, steps, tuple(self.getter(name) for name in block.outputs))

    def steps(self, block: Block, fused: Iterable[Fusion] = ()) -> Iterator[Step]:
        """The steps of a block, each bound when it is asked for."""
        for group in grouped(block, self.opset, fused):
            step = self._operation(group) if group.fusion is None else self._fused(group, group.fusion)
            if step is not None:
                yield step
            for name in group.used_up:  # a folded weight's parts are not kept beside it
                self.constants.pop(name, None)

    def _operation(self, group: Group) -> Step | None:
        """The step for an operation, or None when its results are known already."""
        (operation,) = group.operations
        if operation.constant is not None:
            self.constants[operation.name] = Constant(operation.constant, self.target)
            return None
        declared = declaration(operation.type, self.opset)
        assert declared is not None, "the engine said that it has this operation"
        keys = self._keys(operation, declared)
        if keys and self._found(operation, keys):
            return None
        step = self._bind(operation, declared, group.used_up)
        if not keys:
            return step
        self._fold(operation, step, keys)
        return None

    def _keys(self, operation: Operation, op: Op) -> list[shared.Key]:
        """What the results are made from; nothing where that is more than constants."""
        if not op.pure:
            return []
        arguments = []
        for name in op.parameters:
            for operand in operation.operands(name) or ():
                constant = self._constant(operand)
                if constant is None:
                    return []
                arguments.append((name, constant.key))
        types = tuple(value.type for value in operation.outputs)
        return [shared.key(op, self.target, tuple(arguments), types, index) for index in range(len(types))]

    def _found(self, operation: Operation, keys: list[shared.Key]) -> bool:
        """Whether another function has the results already."""
        found = [shared.find(key) for key in keys]
        if any(result is None for result in found):
            return False
        for value, result, key in zip(operation.outputs, found, keys, strict=True):
            self.constants[value.name] = Constant(result, self.target, key)
        return True

    def _bind(self, operation: Operation, op: Op, used_up: Iterable[str]) -> Step:
        place = self._place(operation)
        call = implementation(op)
        assert call is not None, "the engine said that it implements this operation"
        arguments = self._arguments(operation, op, place)
        outputs = self._outputs(operation, place)
        if op.result_type is not None:
            arguments.fixed[op.result_type] = _result_type(outputs[0][1], place)
        return Step(call, arguments.fixed, tuple(arguments.moving), outputs, self._known_slots(used_up), place)

    def _fused(self, group: Group, fusion: Fusion) -> Step:
        """One step for several operations, at the place of the last."""
        moving: list[tuple[str, Getter]] = []
        for name, op, operation, link in zip(ORDINALS, fusion.ops, group.operations, group.links, strict=False):
            moving.append((name, self._arguments(operation, op, self._place(operation), link).getter()))
        if fusion.sees_alive:
            moving.append(("alive", _several(self._known_slots(group.alive))))
        last = group.operations[-1]
        outputs = self._outputs(last, self._place(last))
        return Step(fusion.call, {}, tuple(moving), outputs, self._known_slots(group.used_up), self._place(last))

    def _place(self, operation: Operation) -> OperationPlace:
        return OperationPlace(self.source, self.function, operation.type, operation.name)

    def _outputs(self, operation: Operation, place: OperationPlace) -> tuple[tuple[int, Expected | None], ...]:
        return tuple((self._slot(value.name), self._expected(value, place)) for value in operation.outputs)

    def _known_slots(self, names: Iterable[str]) -> tuple[int, ...]:
        return tuple(self.slots[name] for name in names if name in self.slots)

    def _arguments(self, operation: Operation, op: Op, place: OperationPlace, link: str = "") -> _Arguments:
        """All arguments of an operation but the one for the parameter `link`."""
        arguments = _Arguments()
        blocks = iter(operation.blocks)
        for parameter in op.parameters.values():
            if parameter.role is Role.BODY:
                body = self.block(next(blocks))
                arguments.moving.append((parameter.name, partial(partial, body.run)))
            elif parameter.name != link:
                self._argument(op, parameter, operation.operands(parameter.name), arguments, place)
        return arguments

    def _argument(
        self,
        op: Op,
        parameter: Parameter,
        operands: tuple[Operand, ...] | None,
        arguments: _Arguments,
        place: OperationPlace,
    ) -> None:
        """Sort one argument: the default, a value that is known, or one that moves."""
        known = [self._constant(operand) for operand in operands or ()]
        constants = [constant for constant in known if constant is not None]
        if operands is None:
            arguments.fixed[parameter.name] = self._default(parameter)
        elif len(constants) == len(operands):
            arguments.fixed[parameter.name] = self._fixed(op, parameter, constants, place)
        elif parameter.const:
            message = f"the parameter {parameter.name!r} must be a constant"
            raise ProgramError(codes.BAD_OPERATION, message, place)
        else:
            getters = [self.getter(operand) for operand in operands]
            arguments.moving.append((parameter.name, _moving(parameter, getters, self.target)))

    def _default(self, parameter: Parameter) -> Any:
        if parameter.default is None:
            return None
        if parameter.role is Role.VALUE:
            dtype = self.target.dtype("fp32" if isinstance(parameter.default, float) else "int32")
            return torch.tensor(parameter.default, dtype=dtype, device=self.target.device)
        return plain_argument((parameter.default,), parameter, self.target.dtype)

    def _fixed(self, op: Op, parameter: Parameter, constants: list[Constant], place: OperationPlace) -> Any:
        if parameter.role is Role.VALUE:
            return constants[0].arranged(arrangement(op, parameter.name))
        if parameter.role is Role.VALUES:
            return tuple(constant.value for constant in constants)
        try:
            if parameter.role is Role.STORED:
                return constants[0].unexpanded()
            return plain_argument([constant.plain for constant in constants], parameter, self.target.dtype)
        except (TypeError, ValueError, OverflowError):
            message = f"the parameter {parameter.name!r} has an unusable value"
            raise ProgramError(codes.BAD_OPERATION, message, place) from None

    def _fold(self, operation: Operation, step: Step, keys: list[shared.Key]) -> None:
        frame: Frame = [None] * len(self.slots)
        with self.target.computing():
            step.run(frame)
        for value, (slot, _), key in zip(operation.outputs, step.outputs, keys, strict=True):
            self.constants[value.name] = Constant(shared.keep(key, frame[slot]), self.target, key)

    def _expected(self, value: Value, place: OperationPlace) -> Expected | None:
        if not isinstance(value.type, TensorType) or value.type.dtype == STRING:
            return None
        self._check_size(value.type, place)
        return Expected(value.type, self.target.dtype(value.type.dtype.name))

    def check_input(self, value: Value) -> None:
        """Refuse an input or a state that no machine like this can hold."""
        kind, declared = ("state", value.type.wrapped) if isinstance(value.type, StateType) else ("input", value.type)
        if isinstance(declared, TensorType) and declared.dtype != STRING:
            self._check_size(declared, OperationPlace(self.source, self.function, kind, value.name))

    def _check_size(self, declared: TensorType, place: OperationPlace) -> None:
        check_size(declared, self.target.dtype(declared.dtype.name).itemsize, place)

    def _slot(self, name: str) -> int:
        return self.slots.setdefault(name, len(self.slots))

    def _constant(self, operand: Operand) -> Constant | None:
        if isinstance(operand, Literal):
            return Constant(operand, self.target)
        return self.constants.get(operand)

    def getter(self, operand: Operand) -> Getter:
        """What looks up a value in a frame, or knows it."""
        constant = self._constant(operand)
        if constant is not None:
            value = constant.value
            return lambda frame: value
        assert isinstance(operand, str)
        return itemgetter(self._slot(operand))


def _moving(parameter: Parameter, getters: list[Getter], target: Target) -> Getter:
    if parameter.role is Role.VALUE:
        return getters[0]
    if parameter.role is Role.VALUES:
        return lambda frame: tuple([get(frame) for get in getters])
    return lambda frame: plain_argument([host(get(frame)) for get in getters], parameter, target.dtype)


def _several(slots: tuple[int, ...]) -> Getter:
    return lambda frame: [frame[slot] for slot in slots]


def _result_type(expected: Expected | None, place: OperationPlace) -> torch.dtype:
    if expected is None:
        raise ProgramError(codes.BAD_OPERATION, "the result must be a tensor of numbers", place)
    return expected.dtype

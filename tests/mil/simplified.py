"""Programs before and after they are made simpler, and what the reference engine gives for both."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from tensorlogic.engines import Session
from tensorlogic.engines.torch import TorchEngine
from tensorlogic.mil import Block, Function, Literal, Operation, Program, StateType, TensorType, Value
from tensorlogic.mil.simplify import simplify
from tensorlogic.mil.types import DTYPES, FP16, FP32, DType
from tensorlogic.mil.verify import verify
from tests.ops.harness import constant, literal, operation, program, tensor

COMPUTED: Mapping[str, Callable[[DType], DType]] = {
    "f32": lambda dtype: FP32 if dtype == FP16 else dtype,
    "f16": lambda dtype: dtype,
}
"""For each precision, the types that the engine computes in."""

EXACT, CLOSE, ROUNDED = 0.0, 1e-5, 4e-3
"""How far results may be from those before, as a part of the largest one; exact is the very bits."""

X, OPEN = tensor("x", FP32, 2, 4, 6, 5), tensor("x", FP32, None, 4, 6, 5)

rng = np.random.default_rng(0)


def numbers(*shape: int, dtype: type = np.float32) -> np.ndarray:
    """Numbers from 0.5 to 2, of either sign."""
    return (rng.uniform(0.5, 2, shape) * rng.choice([-1, 1], shape)).astype(dtype)


@dataclass(frozen=True)
class Step:
    """An operation on the result of the step before, unless it names an x; the result has its type if it says none."""

    kind: str
    shape: tuple[int | None, ...] | None
    dtype: DType | None
    given: Mapping[str, Any]


def step(kind: str, *shape: int | None, to: DType | None = None, **given: Any) -> Step:
    return Step(kind, shape or None, to, given)


def chain(steps: Sequence[Step], x: Value = X, yields: Sequence[str] = (), opset: int = 17) -> Program:
    """The steps one after the other, with results v0, v1, ...; the last one, or `yields`, is what comes out."""
    operations, last = [], x
    for place, each in enumerate(steps):
        had = last.type
        assert isinstance(had, TensorType)
        given = each.given if "values" in each.given else {"x": last.name, **each.given}
        shape = had.shape if each.shape is None else each.shape
        last = Value(f"v{place}", TensorType(each.dtype or had.dtype, shape))
        operations.append(operation(each.kind, last, **given))
    return program([x], operations, yields or [last.name], opset)


@dataclass(frozen=True)
class Row:
    """A program, and the types of the operations that are left of it. Infinite `tol` is for what overflows."""

    name: str
    want: tuple[str, ...]
    program: Program
    tol: float
    precision: str

    def __str__(self) -> str:
        return self.name


def row(name: str, want: str, *steps: Step, tol: float = EXACT, precision: str = "f32", **options: Any) -> Row:
    """`want` is what is left of the steps."""
    return Row(name, tuple(want.split()), chain(steps, **options), tol, precision)


def suite(rows: Sequence[Row]) -> Callable[[Row], None]:
    """The test of what is left of each row, that it gives what it gave, and that nothing more is to be done."""

    @pytest.mark.parametrize("each", rows, ids=str)
    def test(each: Row) -> None:
        simpler = simplified(each.program, each.precision)
        assert tuple(kinds(simpler)) == each.want
        assert simplified(simpler, each.precision) == simpler
        if np.isfinite(each.tol):
            assert differences(each.program, simpler, each.precision, inputs(each.program)) <= each.tol

    return test


def evaluate(operation: Operation, opset: int, precision: str) -> tuple[Literal, ...]:
    """The results of an operation on literals, from the reference engine."""
    names = tuple(value.name for value in operation.outputs)
    alone = Program({"main": Function("main", (), opset, Block((), (operation,), names))})
    session = TorchEngine().prepare(alone, "main", "cpu", precision)
    arrays = [np.asarray(result) for result in session.run({}).values()]
    types = {np.dtype(dtype.numpy): dtype for dtype in DTYPES.values() if dtype.numpy is not None}
    return tuple(Literal(TensorType(types[array.dtype], array.shape), array) for array in arrays)


def simplified(program: Program, precision: str = "f32", evaluated: bool = False) -> Program:
    """The program with its main function made simpler, and checked."""
    main = program.functions["main"]
    function = simplify(
        main,
        COMPUTED[precision],
        (lambda operation: evaluate(operation, main.opset, precision)) if evaluated else None,
    )
    result = replace(program, functions={"main": function})
    verify(result)
    return result


def kinds(program: Program) -> list[str]:
    """The types of all operations but constants, in order."""
    return [each.type for each in program.functions["main"].body.walk() if each.type != "const"]


def run(program: Program, precision: str, given: Mapping[str, Any]) -> dict[str, Any]:
    session = TorchEngine().prepare(program, "main", "cpu", precision)
    state = session.make_state() if program.functions["main"].states else None
    return session.run(given, state)


def inputs(program: Program, seed: int = 0, size: int = 2) -> dict[str, np.ndarray]:
    """Numbers for all inputs; sizes that the program leaves open are `size`."""
    generator = np.random.default_rng(seed)
    given = {}
    for value in program.functions["main"].inputs:
        if not isinstance(value.type, StateType):
            shape = [size if each is None else each for each in value.type.shape or ()]
            numbers = generator.uniform(-2, 2, shape)
            given[value.name] = (numbers * (numbers > -1.5)).astype(value.type.dtype.numpy)  # with zeros of either sign
    return given


def differences(program: Program, other: Program, precision: str, given: Mapping[str, Any]) -> float:
    """The largest difference of any output, as a part of its largest value; 0 for the very bits.

    Names and types must be the same.
    """
    before, after = (run(each, precision, given) for each in (program, other))
    assert list(before) == list(after)
    return max(map(_difference, before.values(), after.values()))


def _difference(want: Any, got: Any) -> float:
    assert type(got) is type(want)
    if isinstance(want, dict):
        assert list(got) == list(want)
        return max(map(_difference, want.values(), got.values()))
    if isinstance(want, str):
        assert got == want
        return 0.0
    want, got = np.asarray(want), np.asarray(got)
    assert (got.dtype, got.shape) == (want.dtype, want.shape)
    if got.tobytes() == want.tobytes():
        return 0.0
    assert np.isfinite(want).all(), "not the same bits, and no numbers to compare"
    error = np.abs(got.astype(np.float64) - want.astype(np.float64)).max()
    return max(error / (np.abs(want.astype(np.float64)).max() or 1.0), 1e-12)


def known(program: Program, given: Mapping[str, np.ndarray]) -> Program:
    """The program with its inputs written into it."""
    main = program.functions["main"]
    written = [constant(name, literal(value)) for name, value in given.items()]
    body = replace(main.body, operations=(*written, *main.body.operations))
    return replace(program, functions={"main": replace(main, inputs=(), body=body)})


class Simplifying(TorchEngine):
    """The reference engine, on programs made simpler."""

    def prepare(self, program: Program, function: str, device: str, precision: str) -> Session:
        return super().prepare(simplified(program, precision, evaluated=True), function, device, precision)

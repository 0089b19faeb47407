"""Op cases as records, and the engines that must agree with every one of them.

A case names an operation, its arguments and what it must give. Arguments say by their Python type where they stand
in the program:

* an array is an input of the function, or a constant where the operation asks for one or `const` names it;
* a tuple is several operands;
* anything else is a constant.

Arrays of float32 take the float type that the run declares; arrays of any other type keep it. `narrow` makes those
of types below a byte.
`want` is an array, a tuple of them for several results, or a function of the arguments that are arrays (or tuples
of arrays), in their order and as float64.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from tensorlogic.engines import Engine, Session
from tensorlogic.engines.onnxruntime import OnnxRuntimeEngine
from tensorlogic.engines.openvino import OpenVinoEngine
from tensorlogic.engines.torch import TorchEngine
from tensorlogic.errors import EngineError, UnsupportedError
from tensorlogic.mil import Block, DictType, Function, ListType, Literal, Operand, Operation, Program, Value
from tensorlogic.mil.declare import Op
from tensorlogic.mil.ops import declaration
from tensorlogic.mil.types import BOOL, DTYPES, FP16, FP32, STRING, DType, TensorType, Type
from tensorlogic.mil.verify import verify

from .deviations import Deviation, deviation


@dataclass(frozen=True)
class Run:
    """An engine, the float type that programs declare, and the precision they run in."""

    engine: Callable[[], Engine]
    floats: DType
    precision: str
    ops: frozenset[str] | None = None
    """The operations that it is for, where that is not all of them."""
    sampled: bool = False
    """Whether all cases but the first of each operation are left to `make test-all`."""

    def __str__(self) -> str:
        return f"{self.engine.__name__}-{self.floats}-{self.precision}"

    def dtype(self, declared: DType) -> np.dtype[Any]:
        """The type in which results declared as `declared` come out."""
        if declared.bits < 8:
            return np.dtype(np.int8 if declared.name.startswith("int") else np.uint8)
        return np.dtype(np.float32 if declared == FP16 and self.precision != "f16" else declared.numpy)


MIXED = Run(TorchEngine, FP32, "f16")
"""What keeps both float types apart: the others have one of them at a time."""

PRODUCTS = frozenset({"conv", "conv_transpose", "einsum", "gru", "linear", "lstm", "matmul", "rnn",
                      "scaled_dot_product_attention"})  # fmt: skip
"""What OpenVINO computes in bfloat16, and all that follows; it leaves the rest in float32."""

RUNS = (
    Run(TorchEngine, FP32, "f32"),
    Run(TorchEngine, FP16, "f16"),
    Run(TorchEngine, FP16, "f32"),
    MIXED,
    Run(OnnxRuntimeEngine, FP32, "f32"),
    Run(OnnxRuntimeEngine, FP16, "f32"),
    Run(OpenVinoEngine, FP32, "f32", sampled=True),
    Run(OpenVinoEngine, FP32, "bf16", PRODUCTS, sampled=True),
)
"""What every case runs on, as far as they differ."""


@dataclass(frozen=True)
class Tolerance:
    """How far a float may be off. In bfloat16, that is 3e-2 of the largest value wanted.

    `ulps` is for operations that give each element by itself: in float16 so many units in the last place from the
    value rounded correctly, in float32 `f32` of the value. 0 is the very bits. Without it, `f16` and `f32` are
    parts of the largest value wanted.
    """

    ulps: float | None = None
    f32: float = 1e-5
    f16: float = 4e-3

    def allowed(self, correct: np.ndarray) -> np.ndarray:
        """The error that each of some finite values may have."""
        size = np.abs(correct.astype(np.float64))
        part = self.f16 if correct.dtype == np.float16 else self.f32
        if self.ulps is None:
            return np.full(size.shape, part * size.max(initial=0))
        if correct.dtype == np.float16:
            return self.ulps * np.spacing(np.abs(correct)).astype(np.float64)
        return part * size


COARSE = Tolerance(f32=3e-2)


@dataclass(frozen=True)
class Case:
    """One operation in a program of its own."""

    op: str
    arguments: Mapping[str, Any]
    want: Any
    opset: int = 15
    tolerance: Tolerance = field(default_factory=Tolerance)
    const: tuple[str, ...] = ()
    floats: tuple[DType, ...] = (FP32, FP16)
    dynamic: bool = False
    """Whether the program leaves open which sizes its inputs and results have."""
    differs: str = ""
    """Where coremltools refuses the case or works out another result: why it is not to be followed."""

    def __str__(self) -> str:
        shown = (f"{name}={_brief(value)}" for name, value in self.arguments.items())
        sizes = ", sizes unknown" if self.dynamic else ""
        return f"{self.op}({', '.join(shown)}{sizes})".replace("[", "<").replace("]", ">")

    @property
    def declared(self) -> Op:
        declared = declaration(self.op, self.opset)
        assert declared is not None, f"{self.op} is not declared in iOS {self.opset}"
        return declared

    def runs_on(self, run: Run) -> bool:
        """Whether the run differs from the others: without floats, every float type is the same."""
        values = [*self.arguments.values(), self.want]
        if run == MIXED:
            return {np.float16, np.float32} <= {np.asarray(each).dtype.type for v in values for each in _several(v)}
        if run.ops is not None and self.op not in run.ops:
            return False
        return run.floats in self.floats and (run.floats == FP32 or _has_floats(values))

    def inputs(self, floats: DType) -> dict[str, np.ndarray]:
        return {
            f"{name}_{i}": _typed(value, floats)
            for name, argument in self.arguments.items()
            for i, value in enumerate(_several(argument))
            if self._is_input(name, value)
        }

    def wanted(self, floats: DType) -> tuple[Any, ...]:
        want = self.want
        if callable(want):
            arrays = [_wide(a, floats) for a in self.arguments.values() if _is_array(a)]
            with np.errstate(all="ignore"):
                want = want(*arrays)
        return want if isinstance(want, tuple) else (want,)

    def program(self, floats: DType) -> Program:
        outputs = tuple(self._output(i, result, floats) for i, result in enumerate(self.wanted(floats)))
        names = [value.name for value in outputs]
        if self._compressed:
            attributes = {name: literal(argument, floats) for name, argument in self.arguments.items()}
            return program([], [Operation(self.op, {}, outputs, attributes)], names, self.opset)
        inputs, constants, operands = [], [], {}
        for name, argument in self.arguments.items():
            operands[name] = tuple(f"{name}_{i}" for i, _ in enumerate(_several(argument)))
            for operand, each in zip(operands[name], _several(argument), strict=True):
                written = literal(each, floats)
                if self._is_input(name, each):
                    inputs.append(self._value(operand, written.type))
                else:
                    constants.append(constant(operand, written))
        return program(inputs, [*constants, Operation(self.op, operands, outputs)], names, self.opset)

    def _output(self, index: int, result: Any, floats: DType) -> Value:
        declared = literal(result, floats).type if not isinstance(result, dict) else _dict_type(result)
        return self._value(f"out_{index}", declared)

    def _value(self, name: str, declared: Type) -> Value:
        if self.dynamic and isinstance(declared, TensorType) and declared.shape is not None:
            declared = TensorType(declared.dtype, (None,) * len(declared.shape))
        return Value(name, declared)

    def _is_input(self, name: str, value: Any) -> bool:
        constant = self._compressed or self.declared.parameters[name].const or name in self.const
        return _is_array(value) and not constant

    @property
    def _compressed(self) -> bool:
        """Whether files keep the arguments of the operation as its attributes."""
        return self.op.startswith("constexpr_") and self.opset < 18


@dataclass(frozen=True)
class ProgramCase:
    """A whole program: `build` gives its program for a float type."""

    name: str
    build: Callable[[DType], Program]
    given: Mapping[str, np.ndarray]
    want: tuple[Any, ...]
    tolerance: Tolerance = field(default_factory=Tolerance)

    def __str__(self) -> str:
        return self.name

    def runs_on(self, run: Run) -> bool:
        return (
            run != MIXED and run.ops is None and (run.floats == FP32 or _has_floats([*self.given.values(), *self.want]))
        )

    def inputs(self, floats: DType) -> dict[str, np.ndarray]:
        return {name: _typed(value, floats) for name, value in self.given.items()}

    def wanted(self, floats: DType) -> tuple[Any, ...]:
        return self.want

    def program(self, floats: DType) -> Program:
        return self.build(floats)


def case(
    op: str,
    *,
    want: Any,
    opset: int = 15,
    ulps: float | None = None,
    tol: float = 1e-5,
    tol16: float = 4e-3,
    const: tuple[str, ...] = (),
    floats: tuple[DType, ...] = (FP32, FP16),
    dynamic: bool = False,
    differs: str = "",
    **arguments: Any,
) -> Case:
    return Case(op, arguments, want, opset, Tolerance(ulps, tol, tol16), const, floats, dynamic, differs)


def mixed(op: str, *, want: Callable[..., Any], x: np.ndarray, opset: int = 17, **others: Any) -> list[Case]:
    """x in float32 with all other floats in float16, and the other way round. `want` is of numbers too."""

    def pair(of_x: Any, of_others: Any) -> Case:
        given = {name: _in(of_others, value) for name, value in others.items()}
        # In the runs that compute everything in float32, what is wanted in float16 is rounded.
        arguments = {"x": x.astype(of_x), **given, "floats": (FP32,), "opset": opset, "tol": 1e-3}
        return case(op, want=lambda *arrays: want(*arrays).astype(of_x), **arguments)

    return [pair(np.float32, np.float16), pair(np.float16, np.float32)]


def _in(dtype: Any, value: Any) -> Any:
    if isinstance(value, float):
        return dtype(value)
    return value.astype(dtype) if isinstance(value, np.ndarray) and value.dtype == np.float32 else value


def suite(cases: Iterable[Case | ProgramCase]) -> Callable[..., None]:
    """The test that runs every case on every run that it differs on."""
    rows = [(each, run) for each in cases for run in RUNS if each.runs_on(run)]
    first = {(_kind(each), run): each for each, run in reversed(rows) if _deviation(each, run) is None}
    params = [
        pytest.param(each, run, id=f"{each}-{run}", marks=_marks(run, first.get((_kind(each), run)) is each))
        for each, run in rows
    ]

    @pytest.mark.parametrize(("each", "run"), params)
    def test(each: Case | ProgramCase, run: Run) -> None:
        check(each, run)

    return test


def _kind(each: Case | ProgramCase) -> str:
    return each.op if isinstance(each, Case) else ""


def _deviation(each: Case | ProgramCase, run: Run) -> Deviation | None:
    return deviation(run.engine().name, run.precision, str(each))


def _marks(run: Run, is_first: bool) -> list[pytest.MarkDecorator]:
    absent = pytest.mark.skipif(not run.engine().devices(), reason=f"{run.engine().name} is not installed")
    return [absent, pytest.mark.slow] if run.sampled and not is_first else [absent]


def check(each: Case | ProgramCase, run: Run) -> None:
    """Run one case and compare what comes out, or see that it is the exception that it is said to be."""
    tested, found = each.program(run.floats), _deviation(each, run)
    if found is None:
        _compare_results(each, run, tested, _session(tested, run))
    elif found.is_refused:
        with pytest.raises(UnsupportedError):
            _session(tested, run)
    else:
        session = _session(tested, run)
        with pytest.raises((AssertionError, EngineError)):
            _compare_results(each, run, tested, session)


def _session(tested: Program, run: Run) -> Session:
    engine = run.engine()
    verify(tested)
    missing = engine.missing(tested, "main")
    assert not missing, missing
    return engine.prepare(tested, "main", "cpu", run.precision)


def _compare_results(each: Case | ProgramCase, run: Run, tested: Program, session: Session) -> None:
    function = tested.functions["main"]
    state = session.make_state() if function.states else None
    got = session.run(each.inputs(run.floats), state)
    assert list(got) == list(function.body.outputs)
    for result, want in zip(got.values(), each.wanted(run.floats), strict=True):
        compare(result, want, run, each.tolerance)


def compare(got: Any, want: Any, run: Run, tolerance: Tolerance) -> None:
    if isinstance(want, str | dict):
        assert got == want
        return
    declared = literal(want, run.floats).type
    assert isinstance(declared, TensorType)
    correct = _rounded(np.asarray(want), run.dtype(declared.dtype))
    assert (got.dtype, got.shape) == (correct.dtype, correct.shape)
    if tolerance.ulps == 0 or not declared.dtype.is_float:
        np.testing.assert_array_equal(got, correct)
        if declared.dtype.is_float:
            numbers = ~np.isnan(correct)
            np.testing.assert_array_equal(np.signbit(got[numbers]), np.signbit(correct[numbers]), "signs")
        return
    finite = np.isfinite(correct)
    np.testing.assert_array_equal(got[~finite], correct[~finite])
    allowed = (COARSE if run.precision == "bf16" else tolerance).allowed(correct[finite])
    errors = np.abs(got[finite].astype(np.float64) - correct[finite].astype(np.float64))
    wrong = ~(errors <= allowed)
    assert not wrong.any(), f"{got[finite][wrong][:5]} for {correct[finite][wrong][:5]}"


def literal(value: Any, floats: DType = FP32) -> Literal:
    """A Python or NumPy value as a program writes it; floats are of the type `floats`."""
    if isinstance(value, str):
        return Literal(TensorType(STRING), np.array(value, dtype=object))
    if isinstance(value, Sequence) and value and isinstance(value[0], str):
        return Literal(ListType(TensorType(STRING), len(value)), tuple(literal(each) for each in value))
    array = _typed(np.asarray(value), floats)
    if array.dtype == np.int64 and not _is_array(value):
        array = array.astype(np.int32)
    dtype = _dtype(array)
    return Literal(TensorType(dtype, array.shape), packed(array, dtype.bits) if dtype.bits < 8 else array)


def narrow(dtype: str, values: Any) -> np.ndarray:
    """Numbers of a type below a byte, each in a byte of its own until a program is made."""
    whole = np.int8 if dtype.startswith("int") else np.uint8
    return np.asarray(values).astype(np.dtype(whole, metadata={"mil": dtype}))


def packed(numbers: Any, bits: int) -> np.ndarray:
    """Numbers of `bits` bits one after the other, the lowest bit of the first one lowest."""
    several = np.asarray(numbers).ravel().tolist()
    together = sum(number % (1 << bits) << (bits * place) for place, number in enumerate(several))
    return np.frombuffer(together.to_bytes(math.ceil(len(several) * bits / 8), "little"), np.uint8)


def program(
    inputs: Sequence[Value], operations: Sequence[Operation], outputs: Sequence[str], opset: int = 15
) -> Program:
    body = Block((), tuple(operations), tuple(outputs))
    return Program({"main": Function("main", tuple(inputs), opset, body)}, "case")


def constant(name: str, value: Literal) -> Operation:
    return Operation("const", {}, (Value(name, value.type),), {"val": value})


def tensor(name: str, dtype: DType, *shape: int | None) -> Value:
    return Value(name, TensorType(dtype, shape))


def operation(kind: str, outputs: Value | Sequence[Value], blocks: Sequence[Block] = (), **arguments: Any) -> Operation:
    """An operation whose arguments are names (text), literals, values to write in their place, or tuples of them."""
    several = (outputs,) if isinstance(outputs, Value) else tuple(outputs)
    operands = {name: tuple(_operand(each) for each in _several(given)) for name, given in arguments.items()}
    return Operation(kind, operands, several, {}, tuple(blocks))


def _operand(value: Any) -> Operand:
    return value if isinstance(value, str | Literal) else literal(value)


def _several(argument: Any) -> tuple[Any, ...]:
    return argument if isinstance(argument, tuple) else (argument,)


def _is_array(argument: Any) -> bool:
    return any(isinstance(each, np.ndarray | np.generic) for each in _several(argument))


def _has_floats(values: Iterable[Any]) -> bool:
    return any(np.asarray(each).dtype.kind == "f" for value in values for each in _several(value))


def _typed(value: Any, floats: DType) -> np.ndarray:
    array = np.asarray(value)
    return _rounded(array, np.dtype(floats.numpy)) if array.dtype in (np.float32, np.float64) else array


def _rounded(array: np.ndarray, dtype: np.dtype[Any]) -> np.ndarray:
    with np.errstate(all="ignore"):
        return array.astype(dtype)


def _wide(argument: Any, floats: DType) -> Any:
    if isinstance(argument, tuple):
        return tuple(_wide(each, floats) for each in argument)
    array = _typed(argument, floats)
    return array.astype(np.float64) if array.dtype.kind == "f" else array


def _dtype(array: np.ndarray) -> DType:
    if array.dtype.metadata:
        return DTYPES[array.dtype.metadata["mil"]]
    return BOOL if array.dtype == np.bool_ else next(d for d in DTYPES.values() if d.numpy == array.dtype.type)


def _dict_type(value: dict[Any, float]) -> Type:
    key = STRING if isinstance(next(iter(value)), str) else DTYPES["int64"]
    return DictType(TensorType(key), TensorType(DTYPES["fp64"]))


def _brief(value: Any) -> str:
    if isinstance(value, tuple):
        return f"{len(value)} of {' and '.join(dict.fromkeys(map(_brief, value)))}"
    if not isinstance(value, np.ndarray):
        return str(value)
    is_large = value.dtype.kind in "iu" and value.size and max(-int(value.min()), int(value.max())) > 1 << 24
    odd = " with NaN" if value.dtype.kind == "f" and np.isnan(value).any() else " beyond 2**24" if is_large else ""
    return f"{_dtype(value)}{list(value.shape)}{odd}"

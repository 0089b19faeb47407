from __future__ import annotations

import numpy as np
import pytest

from tensorlogic.errors import EngineError
from tensorlogic.mil import ListType, Operation, Program, Value
from tensorlogic.mil.types import BOOL, INT32, DType

from .harness import RUNS, ProgramCase, check, literal, operation, program, suite, tensor

A, B = np.float32([1, 3]), np.float32([2, 4])
ROWS = np.float32([[-1, -2], [-4, -5]])


def list_of(name: str, dtype: DType) -> Value:
    return Value(name, ListType(tensor("", dtype, None).type))


def made(name: str, dtype: DType, length: object = 2, grows: bool = True, shape: object = 2) -> Operation:
    how = {"init_length": length, "dynamic_length": grows, "dtype": literal(dtype.name)}
    return operation("make_list", list_of(name, dtype), elem_shape=(literal(shape),), **how)


def written(name: str, ls: str, index: object, value: str, dtype: DType) -> Operation:
    return operation("list_write", list_of(name, dtype), ls=ls, index=index, value=value)


def read(name: str, ls: str, index: object, dtype: DType) -> Operation:
    return operation("list_read", tensor(name, dtype, 2), ls=ls, index=index)


def growing(floats: DType) -> Program:
    """A list is zeros at first and grows with zeros; writing leaves the list as it was before."""
    operations = [
        made("empty", floats),
        written("one", "empty", 0, "a", floats),
        written("two", "one", 4, "b", floats),
        operation("list_scatter", list_of("four", floats), ls="two", indices=[2, 1], value="rows"),
        read("before", "empty", 0, floats),
        read("after", "four", 0, floats),
        operation("list_gather", tensor("some", floats, 3, 2), ls="four", indices=[4, 2, 3]),
        operation("list_length", tensor("short", INT32), ls="empty"),
        operation("list_length", tensor("long", INT32), ls="four"),
    ]
    inputs = [tensor("a", floats, 2), tensor("b", floats, 2), tensor("rows", floats, 2, 2)]
    return program(inputs, operations, ["before", "after", "some", "short", "long"])


def computed(floats: DType) -> Program:
    """Lengths and indices that are only known while running."""
    operations = [
        made("empty", floats, "n"),
        written("one", "empty", "i", "a", floats),
        operation("list_scatter", list_of("more", floats), ls="one", indices="places", value="rows"),
        read("element", "more", "i", floats),
        operation("list_gather", tensor("some", floats, None, 2), ls="more", indices="places"),
        operation("list_length", tensor("length", INT32), ls="more"),
    ]
    places = [tensor("n", INT32), tensor("i", INT32), tensor("places", INT32, 2)]
    inputs = [tensor("a", floats, 2), tensor("rows", floats, 2, 2), *places]
    return program(inputs, operations, ["element", "some", "length"])


def unsized(floats: DType) -> Program:
    """Elements whose size has a name take it from the first that is written."""
    operations = [
        made("empty", floats, shape="size"),
        written("one", "empty", 1, "a", floats),
        operation("list_gather", tensor("all", floats, 2, None), ls="one", indices=[0, 1]),
    ]
    return program([tensor("a", floats, 2)], operations, ["all"])


def of_kind(dtype: DType) -> Program:
    """Elements of any type."""
    operations = [
        made("empty", dtype, 1),
        written("one", "empty", 1, "a", dtype),
        operation("list_gather", tensor("all", dtype, 2, 2), ls="one", indices=[0, 1]),
    ]
    return program([tensor("a", dtype, 2)], operations, ["all"])


def scalars(floats: DType) -> Program:
    """Elements without a size, none of them, and the length one has by default."""
    number = tensor("a", floats)
    operations = [
        operation("make_list", list_of("empty", floats), elem_shape=(), dtype=literal(floats.name)),
        operation("list_length", tensor("length", INT32), ls="empty"),
        written("one", "empty", 2, "a", floats),
        operation("list_gather", tensor("all", floats, 3), ls="one", indices=[2, 0, 1]),
        operation("list_gather", tensor("none", floats, 0), ls="one", indices="nothing"),
        operation("list_scatter", list_of("same", floats), ls="one", indices="nothing", value="none"),
        operation("list_length", tensor("after", INT32), ls="same"),
    ]
    return program([number, tensor("nothing", INT32, 0)], operations, ["length", "all", "none", "after"])


CASES = [
    ProgramCase(
        "scalars", scalars, {"a": np.float32(7), "nothing": np.zeros(0, np.int32)},
        (np.int32(1), np.float32([7, 0, 0]), np.zeros(0, np.float32), np.int32(3)),
    ),
    ProgramCase(
        "growing", growing, {"a": A, "b": B, "rows": ROWS},
        (np.zeros(2, np.float32), A, np.stack([B, ROWS[0], 0 * A]), np.int32(2), np.int32(5)),
    ),
    ProgramCase(
        "computed", computed,
        {"a": A, "rows": ROWS, "n": np.int32(3), "i": np.int32(1), "places": np.int32([5, 0])},
        (A, ROWS, np.int32(6)),
    ),
    ProgramCase("unsized", unsized, {"a": A}, (np.stack([0 * A, A]),)),
    ProgramCase("of int32", lambda _: of_kind(INT32), {"a": np.int32([7, 8])}, (np.int32([[0, 0], [7, 8]]),)),
    ProgramCase("of bool", lambda _: of_kind(BOOL), {"a": np.bool_([1, 0])}, (np.bool_([[0, 0], [1, 0]]),)),
]  # fmt: skip

test_cases = suite(CASES)


def _fixed_length(floats: DType) -> Program:
    operations = [
        made("empty", floats, 2, grows=False),
        written("one", "empty", 2, "a", floats),
        read("out", "one", 2, floats),
    ]
    return program([tensor("a", floats, 2)], operations, ["out"])


def _read_outside(floats: DType) -> Program:
    operations = [made("empty", floats, 2), written("one", "empty", 1, "a", floats), read("out", "one", 2, floats)]
    return program([tensor("a", floats, 2)], operations, ["out"])


def _read_before(floats: DType) -> Program:
    return program([tensor("a", floats, 2)], [made("empty", floats, 2), read("out", "empty", -1, floats)], ["out"])


def _written_before(floats: DType) -> Program:
    operations = [made("empty", floats, 2), written("one", "empty", -1, "a", floats), read("out", "one", 1, floats)]
    return program([tensor("a", floats, 2)], operations, ["out"])


def _size_unknown(floats: DType) -> Program:
    operations = [made("empty", floats, "n", shape="size"), read("out", "empty", 0, floats)]
    return program([tensor("n", INT32)], operations, ["out"])


@pytest.mark.parametrize(
    ("build", "given", "message"),
    [
        (_fixed_length, {"a": A}, "element 2 is outside the list of fixed length 2"),
        (_read_outside, {"a": A}, "element 2 is outside the list of length 2"),
        (_read_before, {"a": A}, "element -1 is outside the list of length 2"),
        (_written_before, {"a": A}, "there is no element -1"),
        (_size_unknown, {"n": np.int32(1)}, "before any is written"),
    ],
)
def test_refused(build: object, given: dict[str, np.ndarray], message: str) -> None:
    with pytest.raises(EngineError, match=message):
        check(ProgramCase("refused", build, given, (A,)), RUNS[0])

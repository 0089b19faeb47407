"""What programs yield once they are simpler, their blocks, states and weights, and those that are wrong."""

from __future__ import annotations

import numpy as np
import pytest

from tensorlogic.errors import TensorLogicError
from tensorlogic.mil import Block, Operation, Program, StateType, TensorType, Value
from tensorlogic.mil.simplify import simplify
from tensorlogic.mil.types import BOOL, FP16, FP32, INT32
from tests.ops.harness import constant, literal, narrow, operation, program, tensor

from .simplified import CLOSE, COMPUTED, X, chain, differences, inputs, kinds, run, simplified, step

# What a function yields

HALF, WHOLE = tensor("half", FP16, 2), tensor("whole", FP32, 2)


def pair(name: str) -> Value:
    return tensor(name, FP32, 2)


def outputs(*operations: Operation, yields: tuple[str, ...], inputs: tuple[Value, ...] = (WHOLE,)) -> Program:
    return program(inputs, operations, yields, 17)


def to(name: str, value: Value, x: str) -> Operation:
    return operation("cast", value, x=x, dtype=literal(name))


CAST_OUT = to("fp32", pair("out"), "root")
ROOT_OF = operation("sqrt", tensor("root", FP16, 2), x="half")
ABS = operation("abs", pair("a"), x="whole")

YIELDED = {
    "a cast of a result": (outputs(ROOT_OF, CAST_OUT, yields=("out",), inputs=(HALF,)), ["sqrt"]),
    "the result as well": (outputs(ROOT_OF, CAST_OUT, yields=("out", "root"), inputs=(HALF,)), ["sqrt", "identity"]),
    "a result that others use": (
        outputs(ROOT_OF, CAST_OUT, operation("exp", pair("e"), x="root"), yields=("out", "e"), inputs=(HALF,)),
        ["sqrt", "exp"],
    ),
    "an input": (outputs(to("fp16", tensor("out", FP16, 2), "whole"), yields=("out",)), ["identity"]),
    "one value twice": (
        outputs(ABS, operation("abs", pair("b"), x="whole"), yields=("a", "b")),
        ["abs", "identity"],
    ),
    "two names of one value": (
        outputs(
            ABS, operation("identity", pair("b"), x="a"), operation("identity", pair("c"), x="a"), yields=("b", "c")
        ),
        ["abs", "identity"],
    ),
    "a constant": (
        outputs(constant("k", literal([1.0, 2.0])), operation("identity", pair("b"), x="k"), yields=("b",)),
        [],
    ),
    "a constant of another type": (
        outputs(to("fp16", tensor("out", FP16, 2), literal(np.float32([1, 2]))), yields=("out",)),
        ["identity"],
    ),
}


@pytest.mark.parametrize(("tested", "want"), YIELDED.values(), ids=YIELDED)
def test_outputs_keep_their_names_and_types(tested: Program, want: list[str]) -> None:
    simpler = simplified(tested)
    assert kinds(simpler) == want
    assert types_of(simpler) == types_of(tested)
    given_ = {value.name: np.ones(2, value.type.dtype.numpy) for value in tested.functions["main"].inputs}
    assert differences(tested, simpler, "f32", given_) == 0


def types_of(tested: Program) -> dict[str, object]:
    main = tested.functions["main"]
    types = {value.name: value.type for value in main.values}
    return {name: types[name] for name in main.body.outputs}


# Blocks and states


def loop(body_input: str = "i", *, weight: str = "w") -> Program:
    """n times a product and its scale, with casts and a weight from outside."""
    start = operation("cast", tensor("h", FP16, 2, 2), x="x", dtype=literal("fp16"))
    outer = operation("linear", tensor("p", FP16, 2, 2), x="h", weight=weight)
    low = operation("less", tensor("low", BOOL), x="seen", y="n")
    condition = Block((tensor("seen", INT32), tensor("kept", FP16, 2, 2)), (low,), ("low",))
    body = Block(
        (tensor(body_input, INT32), tensor("last", FP16, 2, 2)),
        (
            operation("add", tensor("next", INT32), x=body_input, y=1),
            operation("mul", tensor("scaled", FP16, 2, 2), x="p", y=np.float16(0.5)),
            operation("cast", tensor("wide", FP32, 2, 2), x="scaled", dtype=literal("fp32")),
            operation("add", tensor("more", FP16, 2, 2), x="last", y="wide"),
        ),
        ("next", "more"),
    )
    counted = [tensor("count", INT32), tensor("sum", FP16, 2, 2)]
    repeated = operation("while_loop", counted, [condition, body], loop_vars=(literal(0), "h"))
    operations = [constant("w", literal(np.eye(2, dtype=np.float16))), start, outer, repeated]
    return program([tensor("n", INT32), tensor("x", FP32, 2, 2)], operations, ["count", "sum"], 17)


GIVEN = {"n": np.int32(3), "x": np.float32([[1, 2], [3, 4]])}


def test_a_loop_uses_what_stands_before_it_and_keeps_its_work_out_of_it() -> None:
    simpler = simplified(loop())
    assert kinds(simpler) == ["linear", "while_loop", "less", "add", "mul", "add"]
    assert differences(loop(), simpler, "f32", GIVEN) == 0


def test_ambiguous_names_are_left_alone() -> None:
    main = loop("x").functions["main"]  # within the loop, x is something else
    assert simplify(main, COMPUTED["f32"]) is main


def test_blocks_share_names_of_inputs_side_by_side() -> None:
    tested = loop("seen")
    assert kinds(simplified(tested)) == kinds(simplified(loop()))
    assert differences(tested, simplified(tested), "f32", GIVEN) == 0


def test_a_branch_finds_no_duplicate_in_the_other() -> None:
    branches = [Block((), (operation("exp", pair(name), x="whole"),), (name,)) for name in ("yes", "no")]
    chosen = operation("cond", pair("chosen"), branches, pred="p")
    inputs = [tensor("p", BOOL), WHOLE]
    assert kinds(simplified(program(inputs, [chosen], ["chosen"]))) == ["cond", "exp", "exp"]
    before = operation("exp", pair("before"), x="whole")
    found = simplified(program(inputs, [before, chosen], ["before", "chosen"]))
    assert kinds(found) == ["exp", "cond", "identity", "identity"]


def test_states_are_read_and_written_as_often_and_in_their_order() -> None:
    half, state = tensor("", FP16, 2).type, Value("s", StateType(TensorType(FP16, (2,))))
    steps = [
        operation("read_state", Value("first", half), input="s"),
        operation("read_state", Value("again", half), input="s"),
        operation("cast", pair("wide"), x="again", dtype=literal("fp32")),
        operation("add", pair("sum"), x="wide", y="whole"),
        operation("cast", Value("back", half), x="sum", dtype=literal("fp16")),
        operation("write_state", (), input="s", data="back"),
        operation("read_state", Value("last", half), input="s"),
        operation("cast", pair("out"), x="last", dtype=literal("fp32")),
    ]
    tested = program([WHOLE, state], steps, ["out"], 18)
    simpler = simplified(tested)
    assert kinds(simpler) == ["read_state", "read_state", "add", "write_state", "read_state"]
    assert differences(tested, simpler, "f32", {"whole": np.float32([1, 2])}) == 0


def test_random_numbers_are_drawn_as_often() -> None:
    drawn = [operation("random_uniform", tensor(name, FP32, 2), shape=[2]) for name in ("a", "b")]
    tested = program([], [*drawn, operation("sub", pair("out"), x="a", y="b")], ["out"])
    assert kinds(simplified(tested)) == ["random_uniform", "random_uniform", "sub"]


# Constants and weights


def test_compressed_weights_stay_compressed() -> None:
    weight = operation(
        "constexpr_blockwise_shift_scale", tensor("w", FP32, 2, 2),
        data=narrow("int4", [[1, 2], [3, 4]]), scale=np.float32([[0.5]]),
    )  # fmt: skip
    steps = [
        weight,
        operation("linear", pair("p"), x="whole", weight="w"),
        operation("add", pair("shifted"), x="p", y=np.float32([1, 2])),
        operation("mul", pair("out"), x="shifted", y=2.0),
    ]
    tested = program([WHOLE], steps, ["out"], 18)
    simpler = simplified(tested, evaluated=True)
    assert kinds(simpler) == ["constexpr_blockwise_shift_scale", "linear", "mul"]
    assert differences(tested, simpler, "f32", {"whole": np.float32([1, -2])}) <= CLOSE


def test_large_results_of_small_operands_are_left_to_the_engine() -> None:
    def filled(size: int) -> Program:
        fill = operation("fill", tensor("filled", FP32, size), shape=[size], value=1.0)
        return program(
            [tensor("x", FP32, size)], [fill, operation("add", tensor("y", FP32, size), x="x", y="filled")], ["y"]
        )

    assert kinds(simplified(filled(1000), evaluated=True)) == ["add"]
    assert kinds(simplified(filled(1 << 20), evaluated=True)) == ["fill", "add"]


def test_large_weights_are_not_copied_for_a_scale() -> None:
    weight = np.broadcast_to(np.float32(1), (2048, 2049))
    steps = step("linear", 1, 2048, weight=weight), step("mul", y=2.0), step("add", y=np.ones(2048, np.float32))
    tested = chain(steps[:2], x=tensor("x", FP32, 1, 2049))
    assert kinds(simplified(tested)) == ["linear", "mul"]
    tested = chain((steps[0], steps[2]), x=tensor("x", FP32, 1, 2049))
    assert kinds(simplified(tested)) == ["linear"]


def test_constants_from_one_place_are_one() -> None:
    first, second = literal(np.ones(500, np.float32)), literal(np.ones(500, np.float32))
    large = [constant("c", first), constant("d", first), constant("e", second)]
    joined = operation("concat", tensor("out", FP32, 1500), values=("c", "d", "e"), axis="a")
    tested = program([], [*large, constant("a", literal(0)), joined], ["out"])
    left = simplified(tested).functions["main"].body.operations
    assert [each.name for each in left] == ["c", "e", "a", "out"]


# Programs that are wrong

WRONG = [
    chain([step("mul", y=2.0), step("linear", 3, weight=np.ones((3, 1), np.float32))], x=tensor("x", FP32)),
    chain([step("mul", y=2.0), step("conv", weight=np.ones((2, 2, 1), np.float32))]),
    chain([step("transpose", perm=[0.0, 2.0, 1.0, 3.0])]),
    chain([step("pad", 2, 4, 6, 5, pad=[1 << 30] * 4), step("conv", weight=np.ones((4, 4, 1, 1), np.float32))]),
    program([X], [operation("identity", [tensor("a", FP32, 2), tensor("b", FP32, 2)], x="x")], ["a", "b"]),
    chain([step("transpose", perm=[0, 1]), step("transpose", perm=[3, 2, 1, 0])]),
    chain([step("transpose", perm=[0, 0, 1, 2]), step("relu"), step("transpose", perm=[0, 0, 1, 2])]),
    chain([step("transpose", perm=[9, 1, 2, 3]), step("matmul", y="x")]),
    chain([step("conv", weight=np.ones((3, 4, 1, 1), np.float32), groups=2), step("mul", y=2.0)]),
    chain([step("conv", weight=np.ones((3, 4), np.float32)), step("mul", y=2.0)]),
    chain([step("conv", weight=np.ones((4, 4, 1, 1), np.float32), bias=np.ones(7, np.float32)), step("mul", y=2.0)]),
    chain([step("conv", weight=np.ones((4, 4, 1, 1), np.float32)),
           step("batch_norm", mean=np.ones(3, np.float32), variance=np.ones(4, np.float32))]),
    chain([step("pad", pad=[1, 1, 1]), step("conv", weight=np.ones((4, 4, 1, 1), np.float32))]),
    chain([step("pad", pad=[-1, -1]), step("conv", weight=np.ones((4, 4, 1, 1), np.float32))]),
    chain([step("cast", to=INT32, dtype=literal("fp16"))]),
    chain([step("shape", 4, to=INT32), step("gather", 1, indices=[7], axis=0)]),
    chain([step("reshape", 7, x=np.ones(4, np.float32), shape=[7])]),
]  # fmt: skip


@pytest.mark.parametrize("tested", WRONG)
def test_what_is_wrong_is_left_for_the_engine_to_refuse(tested: Program) -> None:
    with pytest.raises(TensorLogicError):
        run(simplified(tested), "f32", inputs(tested))

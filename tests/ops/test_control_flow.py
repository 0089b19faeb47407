from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from tensorlogic.mil import Block, ListType, Operation, Program, Value
from tensorlogic.mil.types import BOOL, INT32, DType

from .harness import ProgramCase, case, constant, literal, operation, program, suite, tensor

exact = partial(case, ulps=0)

MASK = np.bool_([[True, False, True], [False, False, True]])
X = np.float32([[1, 2, 3], [4, np.nan, 6]])
Y = np.float32([[-1, -2, -3], [-4, -5, np.inf]])

SELECT = [
    exact("select", cond=MASK, a=X, b=Y, want=np.where),
    exact("select", cond=MASK, a=X > 2, b=MASK, want=np.where),
    exact("select", cond=MASK, a=np.int32([7, 8, 9]), b=np.int32([[1], [2]]), want=np.where),
    exact("select", cond=MASK[0], a=X, b=np.float32(0.5), want=np.where),
    exact("select", cond=MASK, a=np.float32(1), b=np.float32(0.5), want=np.where, differs="cond is the larger"),
    exact("select", cond=np.bool_(True), a=X, b=Y, want=X),
    exact("select", cond=np.bool_(False), a=np.float32(1), b=np.float32(2), want=np.float32(2)),
]


def block(outputs: Sequence[str], *operations: Operation, inputs: Sequence[Value] = ()) -> Block:
    return Block(tuple(inputs), operations, tuple(outputs))


def number(name: str, dtype: DType = INT32) -> Value:
    return tensor(name, dtype)


def branches(floats: DType, pred: object = "p") -> Program:
    """A branch sees the values around it, and may yield what it computes, a constant, or a value from outside."""

    def pair(name: str) -> Value:
        return tensor(name, floats, 2)

    yes = block(
        ["twice", "two", "outer"], operation("add", pair("twice"), x="x", y="x"), constant("two", literal(2.0, floats))
    )
    no = block(
        ["more", "sum", "x"],
        operation("add", pair("more"), x="x", y="outer"),
        operation("reduce_sum", number("sum", floats), x="more"),
    )
    chosen = [pair("first"), number("second", floats), pair("third")]
    return program(
        [number("p", BOOL), pair("x")],
        [
            operation("square", pair("outer"), x="x"),
            operation("cond", chosen, [yes, no], pred=pred),
            operation("mul", pair("product"), x="first", y="second"),
        ],
        ["first", "second", "third", "product"],
    )


def nested(_: DType) -> Program:
    """Which of four, by two choices one inside the other."""

    def choice(name: str, first: Block, second: Block, pred: str) -> Operation:
        return operation("cond", number(name), [first, second], pred=pred)

    def leaf(value: int) -> Block:
        return block([f"leaf_{value}"], constant(f"leaf_{value}", literal(value)))

    yes = block(["inner_yes"], choice("inner_yes", leaf(1), leaf(2), "q"))
    no = block(["inner_no"], choice("inner_no", leaf(3), leaf(4), "q"))
    return program([number("p", BOOL), number("q", BOOL)], [choice("out", yes, no, "p")], ["out"])


def while_below(limit: str, results: Sequence[Value], body: Block, **more: object) -> Operation:
    """A loop whose first variable counts up to `limit`."""
    first = f"{results[0].name}_seen"
    seen = [Value(f"{value.name}_seen", value.type) for value in results]
    condition = block([f"{first}_low"], operation("less", number(f"{first}_low", BOOL), x=first, y=limit), inputs=seen)
    return operation("while_loop", results, [condition, body], **more)


def sums(floats: DType) -> Program:
    """x added n times to a start, with a value from outside the loop."""
    total = tensor("total", floats, 2)
    body = block(
        ["next", "more"],
        operation("add", number("next"), x="i", y=1),
        operation("add", tensor("more", floats, 2), x="sum", y="x"),
        inputs=[number("i"), tensor("sum", floats, 2)],
    )
    loop = while_below("n", [number("count"), total], body, loop_vars=(literal(0), "start"))
    return program([number("n"), tensor("x", floats, 2), tensor("start", floats, 2)], [loop], ["count", "total"])


def fibonacci(_: DType) -> Program:
    """Variables that take each other's values."""
    inputs = [number("i"), number("a"), number("b")]
    added = [operation("add", number("next"), x="i", y=1), operation("add", number("c"), x="a", y="b")]
    body = block(["next", "b", "c"], *added, inputs=inputs)
    start = (literal(0), literal(0), literal(1))
    loop = while_below("n", [number("count"), number("this"), number("that")], body, loop_vars=start)
    return program([number("n")], [loop], ["this"])


def product(_: DType) -> Program:
    """A loop in a loop: n * m by counting."""
    once = block(
        ["j_next", "k_next"],
        operation("add", number("j_next"), x="j", y=1),
        operation("add", number("k_next"), x="k", y=1),
        inputs=[number("j"), number("k")],
    )
    inner = while_below("m", [number("j_end"), number("k_end")], once, loop_vars=(literal(0), "total"))
    body = block(
        ["i_next", "k_end"],
        inner,
        operation("add", number("i_next"), x="i", y=1),
        inputs=[number("i"), number("total")],
    )
    loop = while_below("n", [number("i_end"), number("out")], body, loop_vars=(literal(0), literal(0)))
    return program([number("n"), number("m")], [loop], ["out"])


def collatz(_: DType) -> Program:
    """A choice in a loop: the steps of 3n + 1 until it is 1."""
    seen = [number("steps_seen"), number("n_seen")]
    condition = block(["goes_on"], operation("greater", number("goes_on", BOOL), x="n_seen", y=1), inputs=seen)
    odd = block(
        ["and_one"],
        operation("mul", number("three"), x="n_now", y=3),
        operation("add", number("and_one"), x="three", y=1),
    )
    even = block(["half"], operation("floor_div", number("half"), x="n_now", y=2))
    body = block(
        ["more", "n_next"],
        operation("add", number("more"), x="steps_now", y=1),
        operation("mod", number("rest"), x="n_now", y=2),
        operation("equal", number("is_odd", BOOL), x="rest", y=1),
        operation("cond", number("n_next"), [odd, even], pred="is_odd"),
        inputs=[number("steps_now"), number("n_now")],
    )
    results = [number("steps"), number("one")]
    loop = operation("while_loop", results, [condition, body], loop_vars=(literal(0), "n"))
    return program([number("n")], [loop], ["steps", "one"])


def doubling(floats: DType) -> Program:
    """A condition that is a vector of one element."""

    def one(name: str) -> Value:
        return tensor(name, floats, 1)

    seen = block(
        ["low"],
        operation("less", tensor("low", BOOL, 1), x="a_seen", y="b_seen"),
        inputs=[one("a_seen"), one("b_seen")],
    )
    body = block(
        ["twice", "b_now"], operation("add", one("twice"), x="a_now", y="a_now"), inputs=[one("a_now"), one("b_now")]
    )
    loop = operation("while_loop", [one("a_end"), one("b_end")], [seen, body], loop_vars=("a", "b"))
    return program([one("a"), one("b")], [loop], ["a_end"])


def growing(floats: DType) -> Program:
    """A variable whose shape changes, and a list that is written step by step."""
    open_size = tensor("joined", floats, None)

    def squares(name: str) -> Value:
        return Value(name, ListType(tensor("", floats, 1).type))

    body = block(
        ["next", "longer", "filled"],
        operation("add", number("next"), x="i", y=1),
        operation("concat", tensor("longer", floats, None), values=("row", "x"), axis=0),
        operation("list_write", squares("filled"), ls="kept", index="i", value="x"),
        inputs=[number("i"), tensor("row", floats, None), squares("kept")],
    )
    results = [number("count"), open_size, squares("done")]
    return program(
        [number("n"), tensor("x", floats, 1)],
        [
            operation("make_list", squares("empty"), elem_shape=(literal(1),), dtype=literal(floats.name)),
            while_below("n", results, body, loop_vars=(literal(0), "x", "empty")),
            operation("list_length", number("length"), ls="done"),
        ],
        ["joined", "length"],
    )


def turning(floats: DType) -> Program:
    """A variable that is cut: it is turned around by one place at a time."""

    def row(name: str, size: int = 4) -> Value:
        return tensor(name, floats, size)

    body = block(
        ["next", "turned"],
        operation("add", number("next"), x="i", y=1),
        operation("slice_by_index", row("first", 1), x="kept", begin=[0], end=[1]),
        operation("slice_by_index", row("others", 3), x="kept", begin=[-3], end=[4]),
        operation("concat", row("turned"), values=("others", "first"), axis=-1),
        inputs=[number("i"), row("kept")],
    )
    loop = while_below("n", [number("count"), row("done")], body, loop_vars=(literal(0), "x"))
    return program([number("n"), row("x")], [loop], ["done"])


PAIR = np.float32([3, -1])
START = np.float32([0.5, 2])

CASES = [
    *SELECT,
    ProgramCase("cond true", branches, {"p": np.bool_(True), "x": PAIR}, (2 * PAIR, np.float32(2), PAIR**2, 4 * PAIR)),
    ProgramCase(
        "cond false", branches, {"p": np.bool_(False), "x": PAIR},
        (np.float32([12, 0]), np.float32(12), PAIR, np.float32([144, 0])),
    ),
    ProgramCase(
        "cond of a constant", partial(branches, pred=literal(True)), {"p": np.bool_(False), "x": PAIR},
        (2 * PAIR, np.float32(2), PAIR**2, 4 * PAIR),
    ),
    *[
        ProgramCase(f"cond in cond {p} {q}", nested, {"p": np.bool_(p), "q": np.bool_(q)}, (np.int32(want),))
        for p, q, want in [(True, True, 1), (True, False, 2), (False, True, 3), (False, False, 4)]
    ],
    *[
        ProgramCase(
            f"while {n} times", sums, {"n": np.int32(n), "x": PAIR, "start": START},
            (np.int32(n), START + n * PAIR),
        )
        for n in (0, 1, 5)
    ],
    ProgramCase("while swapping", fibonacci, {"n": np.int32(10)}, (np.int32(55),)),
    ProgramCase("while of vectors", doubling, {"a": np.float32([3]), "b": np.float32([20])}, (np.float32([24]),)),
    ProgramCase("while in while", product, {"n": np.int32(6), "m": np.int32(7)}, (np.int32(42),)),
    ProgramCase("cond in while", collatz, {"n": np.int32(27)}, (np.int32(111), np.int32(1))),
    ProgramCase(
        "while turning", turning, {"n": np.int32(3), "x": np.float32([5, 6, 7, 8])}, (np.float32([8, 5, 6, 7]),)
    ),
    ProgramCase(
        "while growing", growing, {"n": np.int32(3), "x": np.float32([2])},
        (np.full(4, 2, np.float32), np.int32(3)),
    ),
]  # fmt: skip

test_cases = suite(CASES)

"""MIL text, read and written: samples of what compilers write, values, and mistakes."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from tensorlogic.errors import Code, FormatError, SourcePlace, UnsupportedError, codes, render
from tensorlogic.mil import BlobReference, Block, Function, Literal, Operation, Program, TensorType, Type, Value
from tensorlogic.mil.text import parse, show
from tensorlogic.mil.types import DTYPES, FP16, FP32, INT32, STRING, DictType, ListType, StateType, TupleType


def stored(declared: Type, blob: BlobReference) -> Literal:
    return Literal(declared, np.zeros(0), blob)


def read(text: str) -> Program:
    return parse(text, "model.mil", stored)


def literal(text: str) -> Literal:
    return read(f"program(1.3)[it = {text}]{{}}").attributes["it"]


# Programs in the layout of Apple's compiler, one for each thing that they are known to hold.
SAMPLES = {
    "nothing": "program(1.3)\n{\n}",
    "what a compiler says of itself": """\
program(1.3)
[buildInfo = dict<string, string>({{"coremlc-component-MIL", "3600.16.1"}, {"coremlc-version", "3600.25.1"}})]
{
    func main<ios17>(tensor<fp32, [1]> a) {
            tensor<fp32, [1]> b = mul(x = a, y = tensor<fp32, [1]>([-0x1p+0]));
        } -> (b);
}""",
    "functions with shapes": """\
program(1.3)
{
    func first<ios18>(tensor<fp32, [?]> a) [FlexibleShapeInformation = tuple<tuple<string, dict<string, \
tensor<int32, [?]>>>, tuple<string, dict<string, list<tensor<int32, [2]>, ?>>>>((("DefaultShapes", {{"a", [4]}}), \
("RangeDims", {{"a", [[0, 4]]}})))] {
            tensor<fp32, [?]> b = relu(x = a);
        } -> (b);
    func second<ios18>(tensor<fp32, [?]> a) [FlexibleShapeInformation = tuple<tuple<string, dict<string, \
tensor<int32, [?]>>>, tuple<string, dict<string, dict<string, tensor<int32, [?]>>>>>((("DefaultShapes", \
{{"a", [2]}}), ("EnumeratedShapes", {{"543d0f94", {{"a", [1]}}}, {"697b758f", {{"a", [2]}}}})))] {
            tensor<fp32, [?]> b = relu(x = a);
        } -> (b);
}""",
    "several results and operands": """\
program(1.3)
{
    func main<ios16>(tensor<fp16, [2, 4]> a) {
            int32 axis = const()[name = string("op_1"), val = int32(-1)];
            tensor<fp16, [2, 2]> b, tensor<fp16, [2, 2]> c = split(axis = axis, num_splits = int32(2), x = a);
            tensor<fp16, [2, 4]> d = concat(axis = axis, interleave = bool(false), values = (c, b));
        } -> (d, b);
}""",
    "weights": """\
program(1.3)
{
    func main<ios16>() {
            tensor<fp32, [4]> w = constexpr_affine_dequantize()[axis = int32(0), quantized_data = \
tensor<int8, [4]>(BLOBFILE(path = string("@model_path/weights/weights.bin"), offset = uint64(64))), \
scale = fp32(0x1p-1), zero_point = int8(-1)];
        } -> (w);
}""",
    "a state": """\
program(1.3)
{
    func main<ios18>(state<tensor<fp16, [1, 4]>> cache) {
            tensor<fp16, [1, 4]> old = read_state(input = cache)[name = string("old")];
            write_state(data = old, input = cache)[name = string("cache_write")];
        } -> (old);
}""",
    "blocks": """\
program(1.3)
{
    func main<ios15>(bool up, int32 n) {
            int32 m = cond(pred = up)[name = string("op_4")]
                () {
                    int32 more = add(x = n, y = int32(1));
                } -> (more),
                () {
                } -> (n);
            int32 k = while_loop(loop_vars = m)
                (int32 a) {
                    bool goes_on = less(x = a, y = n);
                } -> (goes_on),
                (int32 b) {
                    int32 c = add(x = b, y = int32(1));
                } -> (c);
        } -> (k);
}""",
}


@pytest.mark.parametrize("text", SAMPLES.values(), ids=SAMPLES)
def test_a_sample_prints_as_it_was(text: str) -> None:
    assert show(read(text)) == text


@pytest.mark.parametrize("text", SAMPLES.values(), ids=SAMPLES)
def test_the_older_dialect_says_the_same(text: str) -> None:
    scalars = re.compile(r"(?<!tensor<)\b(string|bool|u?int\d+|fp\d+)(?=\(|>| \w+[ ,)]|, (?!\[))")
    older = scalars.sub(r"tensor<\1, []>", text).replace("program(1.3)", "program(1.0)")
    assert older.count("[]") > text.count("[]") or "int32" not in text
    assert show(read(older)) == text


def test_a_sample_as_data() -> None:
    shaped = read(SAMPLES["functions with shapes"]).functions["first"]
    assert shaped.inputs == (Value("a", TensorType(FP32, (None,))),)
    assert shaped.opset == 18
    _, ranges = shaped.attributes["FlexibleShapeInformation"].data
    assert ranges.data[0].data == "RangeDims"
    (entry,) = ranges.data[1].data
    assert [size.data.tolist() for size in entry.data[1].data] == [[0, 4]]
    body = read(SAMPLES["several results and operands"]).functions["main"].body
    assert body.operations[0].constant == Literal(TensorType(INT32), np.array(-1, np.int32))
    assert body.operations[1].outputs == (Value("b", TensorType(FP16, (2, 2))), Value("c", TensorType(FP16, (2, 2))))
    assert body.operations[2].inputs["values"] == ("c", "b")
    weight = read(SAMPLES["weights"]).functions["main"].body.operations[0].attributes["quantized_data"]
    assert weight.blob == BlobReference("@model_path/weights/weights.bin", 64)
    cond, loop = read(SAMPLES["blocks"]).functions["main"].body.operations
    assert [block.inputs for block in loop.blocks] == [
        (Value("a", TensorType(INT32)),),
        (Value("b", TensorType(INT32)),),
    ]
    assert cond.blocks[1] == Block((), (), ("n",))


# A literal as it is written, and what it holds.
VALUES: list[tuple[str, Any]] = [
    ("fp16(0x1.388p+13)", np.float16(10000)),
    ("fp16(0x1p-24)", np.float16(6e-8)),
    ("fp16(0x1.5p-17)", np.float16(1e-5)),
    ("fp16(-0x1p+0)", np.float16(-1)),
    ("fp32(0x1.91eb86p+1)", np.float32(3.14)),
    ("fp32(0x1p-149)", np.float32(1e-45)),
    ("fp32(-0x0p+0)", np.float32(-0.0)),
    ("fp32(inf)", np.float32(np.inf)),
    ("fp16(-inf)", np.float16(-np.inf)),
    ("fp32(nan)", np.float32(np.nan)),
    ("fp64(0x1.999999999999ap-4)", np.float64(0.1)),
    ("tensor<fp32, [2, 1]>([[0x1p+1], [0x1.8p-3]])", np.array([[2], [0.1875]], np.float32)),
    ("tensor<int32, [0]>([])", np.zeros(0, np.int32)),
    ("tensor<int32, [2, 0]>([[], []])", np.zeros((2, 0), np.int32)),
    ("uint64(18446744073709551615)", np.uint64(2**64 - 1)),
    ("int8(-128)", np.int8(-128)),
    ("tensor<bool, [3]>([true, false, true])", np.array([True, False, True])),
    ('string("")', np.array("", object)),
    ('string("a \\"b\\" \\\\ \\n\\t\\x07 é")', np.array('a "b" \\ \n\t\a é', object)),
    ('tensor<string, [2]>(["a", "b"])', np.array(["a", "b"], object)),
    # The bytes that hold them, from the lowest bit on.
    ("tensor<uint4, [3]>([1, 2, 15])", np.array([0x21, 0x0F], np.uint8)),
    ("tensor<int4, [2]>([-8, 7])", np.array([0x78], np.uint8)),
    ("tensor<uint3, [3]>([1, 2, 7])", np.array([0b11010001, 0b1], np.uint8)),
    ("tensor<uint1, [1, 9]>([[1, 0, 0, 0, 0, 0, 0, 1, 1]])", np.array([0x81, 0x01], np.uint8)),
    ("bf16(0x3f80)", np.array([0x80, 0x3F], np.uint8)),
]


@pytest.mark.parametrize(("text", "want"), VALUES, ids=[text for text, _ in VALUES])
def test_a_value_is_read_and_written(text: str, want: Any) -> None:
    found = literal(text)
    assert isinstance(found.data, np.ndarray)
    assert (found.data.dtype, found.data.shape) == (want.dtype, want.shape)
    np.testing.assert_array_equal(found.data, want)
    if want.dtype.kind == "f":
        np.testing.assert_array_equal(np.signbit(found.data), np.signbit(want))
    assert f"[it = {text}]" in show(Program({}, "", {"it": found}))


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("fp16(0.01)", "fp16(0x1.47cp-7)"),
        ("fp32(1e-5)", "fp32(0x1.4f8b58p-17)"),
        ("fp32(3)", "fp32(0x1.8p+1)"),
        ("fp32(0X1.8P1)", "fp32(0x1.8p+1)"),
        ("tensor<int32, [?, 2]>([[1, 2]])", "tensor<int32, [?, 2]>([[1, 2]])"),
        ("tensor  <int32 ,[ 2]\n>( [1,2 ] )", "tensor<int32, [2]>([1, 2])"),
        ('list<string, ?>(["a"])', 'list<string, ?>(["a"])'),
        ("tuple<int32, bool>((1, true))", "tuple<int32, bool>((1, true))"),
        ("tuple<>(())", "tuple<>(())"),
        ('string("\\0\\r\\\'")', 'string("\\x00\\r\'")'),
    ],
)
def test_what_is_not_written_like_that_is_read(text: str, same: str) -> None:
    assert f"[it = {same}]" in show(Program({}, "", {"it": literal(text)}))


def test_types_are_read() -> None:
    text = """program(1.3) { func f<ios15>(
        tensor<bf16, [...]> a, list<tensor<int4, [?, 3]>, 7> b, dict<int64, fp64> c, tuple<> d, state<fp16> "e f"
    ) { } -> ("e f"); }"""
    inputs = read(text).functions["f"].inputs
    assert [value.type for value in inputs] == [
        TensorType(DTYPES["bf16"], None),
        ListType(TensorType(DTYPES["int4"], (None, 3)), 7),
        DictType(TensorType(DTYPES["int64"]), TensorType(DTYPES["fp64"])),
        TupleType(()),
        StateType(TensorType(FP16)),
    ]
    assert inputs[-1].name == "e f"


def test_types_may_be_the_names_of_values() -> None:
    text = (
        "program(1.3) { func tensor<ios15>(int32 int32, bool func) { int32 nan = add(x = int32, y = nan); } -> (nan); }"
    )
    function = read(text).functions["tensor"]
    assert [value.name for value in function.inputs] == ["int32", "func"]
    assert function.body.operations[0].inputs == {"x": ("int32",), "y": ("nan",)}


def test_people_are_shown_less() -> None:
    weight = Literal(TensorType(FP16, (4,)), np.zeros(0), BlobReference("@model_path/weights/weight.bin", 12345))
    many = Literal(TensorType(FP16, (10, 100)), np.full((10, 100), 0.1, np.float16))
    labels = tuple(Literal(TensorType(STRING), np.array(f"label {i}", object)) for i in range(1000))
    constants = {"weight": weight, "many": many, "labels": Literal(ListType(TensorType(STRING), 1000), labels)}
    operations = tuple(
        Operation("const", {}, (Value(name, value.type),), {"name": labels[0], "val": value})
        for name, value in constants.items()
    )
    program = Program({"main": Function("main", (), 15, Block((), operations, ()))})
    lines = show(program, readable=True).splitlines()[3:6]
    assert [line.strip().partition(" = ")[2] for line in lines] == [
        'const()[val = tensor<fp16, [4]>(BLOBFILE("@model_path/weights/weight.bin", 12,345))];',
        "const()[val = tensor<fp16, [10, 100]>([0.1, 0.1, 0.1, 0.1, … 996 more])];",
        'const()[val = list<string, 1000>(["label 0", "label 1", "label 2", "label 3", … 996 more])];',
    ]
    assert "…" not in show(program)
    with pytest.raises(FormatError):
        read(show(program, readable=True))


# A program with a mistake between marks, the code, and what the message says.
MISTAKES = [
    ("«»", codes.UNEXPECTED_TOKEN, "expected `program`, found the end of the text"),
    ("program(1.3) { «fun» f", codes.UNEXPECTED_TOKEN, "expected `func`, found `fun`"),
    ("program(«2.0») { }", codes.UNSUPPORTED_VERSION, "version 2.0"),
    ("program(1.3) { } «x»", codes.UNEXPECTED_TOKEN, "expected the end of the text"),
    ("program(1.3) { func f<«ios99»>() { } -> (); }", codes.UNSUPPORTED_VERSION, "'ios99'"),
    ("program(1.3) { func f<ios15>(«tensr»<fp32, []> x", codes.BAD_PROGRAM, "did you mean `tensor`"),
    ("program(1.3) { func f<ios15>(tensor<fp32, [«-1»]> x", codes.UNEXPECTED_TOKEN, "expected a size"),
    ("program(1.3) { func f<ios15>(tensor<fp32, [...«,» 1]> x", codes.UNEXPECTED_TOKEN, "expected `]`"),
    ("program(1.3) { func f<ios15>() { int32 x = «;»", codes.UNEXPECTED_TOKEN, "expected an operation"),
    ("program(1.3) { func f<ios15>() { int32 x = f(a = b, «a» = c)", codes.BAD_PROGRAM, "given twice"),
    ("program(1.3) { func f<ios15>() { int32 x = f() () { } -> () «(» ) {", codes.UNEXPECTED_TOKEN, "expected `,`"),
    ("program(1.3)\n{\n  func f<ios15>() {«&»", codes.UNEXPECTED_CHARACTER, "unexpected character `&`"),
    ('program(1.3)[a = string(«"»b)]', codes.UNTERMINATED_TEXT, "no closing quote"),
    ('program(1.3)[a = string(«"\\q"»)]', codes.BAD_LITERAL, "unknown escape"),
    ("program(1.3)[a = int32(«1.5»)]", codes.BAD_PROGRAM, "values of another type"),
    ("program(1.3)[a = int32(«true»)]", codes.BAD_PROGRAM, "values of another type"),
    ("program(1.3)[a = bool(«1»)]", codes.BAD_PROGRAM, "values of another type"),
    ("program(1.3)[a = bf16(«0x1p+0»)]", codes.BAD_PROGRAM, "values of another type"),
    ("program(1.3)[a = int8(«128»)]", codes.BAD_PROGRAM, "beyond int8"),
    ("program(1.3)[a = uint1(«-1»)]", codes.BAD_PROGRAM, "beyond uint1"),
    ("program(1.3)[a = fp16(«65536.0»)]", codes.BAD_PROGRAM, "beyond fp16"),
    ("program(1.3)[a = fp32(«1e999»)]", codes.BAD_LITERAL, "too large"),
    ("program(1.3)[a = fp32(«0x1p+9999999999»)]", codes.BAD_LITERAL, "too large"),
    ("program(1.3)[a = int32(«x»)]", codes.UNEXPECTED_TOKEN, "expected a number"),
    ("program(1.3)[a = tensor<int32, [3]>(«[»1, 2])]", codes.BAD_PROGRAM, "axis 0 has 2 values where it should have 3"),
    ("program(1.3)[a = tensor<int32, [2, ?]>([[1], «[»1, 2]])]", codes.BAD_PROGRAM, "axis 1 has 2"),
    ("program(1.3)[a = tensor<int32, [4]>(«1»)]", codes.UNEXPECTED_TOKEN, "expected `[`"),
    ("program(1.3)[a = tensor<int32, [...]>(«[»1])]", codes.BAD_PROGRAM, "cannot be written"),
    ("program(1.3)[a = list<int32, 2>(«[»1])]", codes.BAD_PROGRAM, "has 1 elements"),
    ("program(1.3)[a = tuple<int32, int32>((1«)»)]", codes.UNEXPECTED_TOKEN, "expected `,`"),
    ("program(1.3)[a = state<int32>(«1»)]", codes.BAD_PROGRAM, "cannot be written"),
    ("program(1.3)[a = fp32(«BLOBFILE»(path = int32(1), offset = uint64(64)))]", codes.BAD_PROGRAM, "an offset"),
]


@pytest.mark.parametrize(("marked", "code", "says"), MISTAKES)
def test_a_mistake_is_shown(marked: str, code: Code, says: str) -> None:
    before, wrong, _ = re.split("[«»]", marked)
    with pytest.raises((FormatError, UnsupportedError)) as caught:
        read(re.sub("[«»]", "", marked))
    error = caught.value
    place = error.diagnostics[0].place
    assert (error.code, says in str(error)) == (code, True), str(error)
    assert isinstance(place, SourcePlace)
    assert (place.line, place.column) == (before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1)
    assert place.length == max(1, len(wrong))


def test_a_mistake_in_a_long_line_is_shown_with_its_surroundings() -> None:
    text = f"program(1.3)[a = tensor<int32, [9999]>([{'1, ' * 5000}x])]"
    with pytest.raises(FormatError) as caught:
        read(text)
    *_, shown, caret = render(caught.value).splitlines()
    assert len(shown) < 200
    assert shown[caret.index("^")] == "x"

"""Programs and what they print, written down by hand."""

from __future__ import annotations

import pytest

from tests.runtime.harness import output

ARITHMETIC = {
    "print(7 / 2, -7 / 2, 7 / -2, -8 / 2, 0 / 5)": "3 -3 -3 -4 0",
    "print(7.0 / 2, 7 / 2.0, 1 / 4.0)": "3.5 3.5 0.25",
    "a = 7.0 b = 2 print(a / b)": "3.5",
    "print(7 % 3, -7 % 3, 7.5 % 2)": "1 2 1.5",
    "print(2 + 3 * 4, (2 + 3) * 4, 2 - 3 - 4)": "14 20 -5",
    "print(-2 ** 2, 2 ** 3 ** 2, 2 ** -1)": "-4 512 0.5",
    "print(1 ⊗ 2 + 3 ⊙ 4)": "14",
    "print(1 == 1.0, 1 != 2, 2 < 1, 2 >= 2)": "true true false true",
    "print(0.1 + 0.2 == 0.3, 0.1 + 0.2 ≈ 0.3, 1 ≈ 1.002)": "false true false",
    "print(true and false, true or false, not true, !false, true && !false || false)": "false true false true true",
    "print(not 1 == 2, 3 > 2 and 2 > 1)": "true true",
    'print("a" + "b", "a" < "b", "ab" == "ab", "ab" * 2)': "ab true true abab",
    "print(1e-5, 0.1, 100.0, 1e20, 12345678901234567890.0)": "1e-05 0.1 100.0 1e+20 1.2345678901234567e+19",
    "print(3.9 as int, -3.9 as int, 3 as float, true as int, 0 as bool)": "3 -3 3.0 1 false",
    "print(7 as float / 2, (7 as f32) / 2, 7.9 as i32 + 0)": "3.5 3.5 7",
    'print(1.5 as string + "!", true as string)': "1.5! true",
}

VARIABLES = {
    "x = 1 x = x + 1 print(x)": "2",
    "let x = 1 x := 5 x += 2 x -= 1 x *= 3 print(x)": "18",
    "x = 7 x /= 2 print(x)": "3",
    "x = 1.0 x /= 2 print(x)": "0.5",
    "x = 1 { let x = 2 print(x) } print(x)": "2\n1",
    "x = 1 { x = 2 } print(x)": "2",
    "let x = 1 { let x = x + 1 print(x) } print(x)": "2\n1",
    "if true { y = 3 } else { y = 4 } print(y)": "3",
    "i = 100 for i in range(3) { } print(i)": "100",
    "for i in range(3) { i = i * 2 print(i) }": "0\n2\n4",
    "let x = 1 let x = x + 1 print(x)": "2",
    "lambda = 1 None = 2 __import__ = 3 print(lambda + None + __import__)": "6",
    "kept = 1 sizes = 2 array = 3 print(kept + sizes + array, [1] * kept)": "6 [1]",
    "class = 1 def = 2 self = 3 import_ = 4 print(class, def, self, import_)": "1 2 3 4",
}

CONTROL = {
    "x = if 2 > 1 { 10 } else { 1 / 0 } print(x, if 0 { 1 } else if [] { 2 } else { if x { 3 } else { 4 } })": "10 3",
    "let x: float16[1] = if false { [1.0] } else { [2.0] } print(x.dtype)": "float16",
    "x = [2.0]\n(if x[0] > 1 { x } else { -x })[0] = 3 print(x)": "[3.0]",
    "if 1 > 2 { print(1) } else if 2 > 1 { print(2) } else { print(3) }": "2",
    "for i in range(3) { print(i) }": "0\n1\n2",
    "for i in range(1, 4) { print(i) }": "1\n2\n3",
    "for i in range(6, 0, -2) { print(i) }": "6\n4\n2",
    "for x in [1.0, 2.5] { print(x) }": "1.0\n2.5",
    "for x in [7, 8] { print(x / 2) }": "3\n4",
    'for x in ["a", "b"] { print(x) }': "a\nb",
    'for c in "hey" { print(c) }': "h\ne\ny",
    "for row in [[1, 2], [3, 4]] { print(row) }": "[1, 2]\n[3, 4]",
    "for x in [true, false] { print(x) }": "true\nfalse",
    "n = 0 while n < 3 { n += 1 } print(n)": "3",
    "n = 0 loop { n += 1 if n == 2 { continue } if n > 4 { break } print(n) }": "1\n3\n4",
    "for i in range(3) { for j in range(3) { if j > i { break } print(i, j) } }": "0 0\n1 0\n1 1\n2 0\n2 1\n2 2",
    "fn loud(x) { print(x) true } print(false and loud(1), true or loud(2), true and loud(3))": "3\nfalse true true",
    "main { print(1) } print(2)": "2\n1",
    "main { x = 1 if x == 1 { return } print(2) }": "",
    "": "",
}

FUNCTIONS = {
    "fn f(x) { x * 2 } print(f(3))": "6",
    "fn f(x) { return x * 2 } print(f(3))": "6",
    "fn f(x) { if x > 0 { 1 } else if x < 0 { -1 } else { 0 } } print(f(5), f(-5), f(0))": "1 -1 0",
    "fn f(x) { if x > 0 { return 1 } -1 } print(f(5), f(-5))": "1 -1",
    "fn f() { } print(f())": "void",
    "fn f() -> void { 3 } print(f())": "void",
    "fn f(n: int) -> int { if n < 2 { n } else { f(n - 1) + f(n - 2) } } print(f(20))": "6765",
    "print(later(1)) fn later(x) { x + 1 }": "2",
    "fn even(n) { if n == 0 { true } else { odd(n - 1) } }"
    "fn odd(n) { if n == 0 { false } else { even(n - 1) } } print(even(10), odd(7))": "true true",
    "fn sub(a, b) { a - b } a = 1 b = 10 print(sub(b, a), sub(b: 1, a: 5), sub(3, b: 1))": "9 4 2",
    "fn f(x) { x + 1 } print(3.f(), 3.f().f())": "4 5",
    "fn f(x, by) { x * by } print(3.f(by: 4))": "12",
    "fn sum(x) { 42 } print(sum([1, 2]), [1, 2].sum())": "42 42",
    "fn f(x) { x = 5 x } x = 1 print(f(0), x)": "5 1",
    "count = 0 fn next() { count = count + 1 count } next() next() print(count)": "2",
    "count = 0 fn next() { count += 1 } next() next() print(count)": "2",
    "count = 0 fn f() { let count = 5 count } print(f(), count)": "5 0",
    "fn f(n) { t = n if n > 0 { f(n - 1) } t } t = f(3) print(t)": "3",
    "scale = 10 fn f(x) { x * scale } print(f(2)) scale = 100 print(f(2))": "20\n200",
    "fn f(x: float) { x / 2 } print(f(3))": "1.5",
    'fn f(x: int, y: string, z: bool) { print(x, y, z) } f(1, "a", true)': "1 a true",
    "fn f(x) -> float { x } print(f(3))": "3.0",
    "main { let y = 2 fn_ = y print(fn_) }": "2",
    "x = 1 main { x = x + 1 print(x) show() } fn show() { print(x) }": "2\n2",
    "range = 3 print(range)": "3",
    "fn range(n) { [n] } for i in range(3) { print(i) }": "3",
    "fn f(x: float16[n]) { x.dtype } v = [1, 2] print(f(ones(2)), f(v), f(v as int8))": "float16 float16 float16",
    "fn f() -> float64[?] { ones(2) } print(f().dtype)": "float64",
    "fn f(x) -> float { y = x / 2 } fn g(x) { y = x } print(f(3.0), g(3.0))": "1.5 void",
    "fn f(x) -> int { if x { y := 1 } else { let z = 2 } } print(f(true), f(false))": "1 2",
}

TENSORS = {
    "x = [1, 2, 3] print(x, x.dtype, x.shape, x.ndim)": "[1, 2, 3] int64 [3] 1",
    "x = [1, 2.5] print(x, x.dtype)": "[1.0, 2.5] float32",
    "print([[1, 2], [3, 4]], [[1.0], [2.0]])": "[[1, 2], [3, 4]] [[1.0], [2.0]]",
    "print([[1, 2], [3, 4]] @ [[5, 6], [7, 8]])": "[[19, 22], [43, 50]]",
    "print([[1, 2], [3, 4]] @ [0.5, 0.5])": "[1.5, 3.5]",
    "print([1, 2] ⊗ [3, 4], [1, 2] ⊙ [3, 4])": "[[3, 4], [6, 8]] [3, 8]",
    "print([1, 2, 3] + 1, 2 * [1, 2], [1.0, 2.0] / 2, 1 - [1.0, 2.0])": "[2, 3, 4] [2, 4] [0.5, 1.0] [0.0, -1.0]",
    "print([1, 2, 3] / 2, [7, 8][0] / 2)": "[0.5, 1.0, 1.5] 3",
    "print([[1, 2], [3, 4]] * [10, 100], [[1], [2]] + [1, 2])": "[[10, 200], [30, 400]] [[2, 3], [3, 4]]",
    "x = [1, 2, 3, 4] print(x[0], x[-1], x[1:3], x[:2], x[2:], x[[0, 3]])": "1 4 [2, 3] [1, 2] [3, 4] [1, 4]",
    "x = [[1, 2], [3, 4]] print(x[0], x[:, 1], x[1, 0], x[-1, :])": "[1, 2] [2, 4] 3 [3, 4]",
    "x = [1, 2, 3] x[0] = 9 x[1:] = 0 print(x)": "[9, 0, 0]",
    "x = zeros(2, 2) x[0, :] = 1 x[:, 1] += 5 x[1, 0] /= 2 print(x)": "[[1.0, 6.0], [0.0, 5.0]]",
    "x = [1, 2] y = x y[0] = 5 print(x)": "[5, 2]",
    "x = [1, 2] y = x y += 1 print(x, y)": "[1, 2] [2, 3]",
    "print(-[1, 2], -[1.5])": "[-1, -2] [-1.5]",
    "print([1, 2] == [1, 3], [1, 2] < 2, ![true, false].tensor())": "[true, false] [true, false] [false, true]",
    "print([1.0, 2.0] ≈ [1.0001, 3.0])": "[true, false]",
    'print([[true, false]], ["a", "b"], [])': '[[true, false]] ["a", "b"] []',
    "n = 3 print([n, n + 1], [[n, 1], [2.5, n]])": "[3, 4] [[3.0, 1.0], [2.5, 3.0]]",
    "x = [1.0, 2.0] print([x[0], 5, x[1]], [x, x].len())": "[1.0, 5.0, 2.0] 2",
    "if [1.0][0] > 0.5 { print(1) }": "1",
    "x = ones(2, 3) print(x.shape == [2, 3], [3] == x.shape, x.shape != [2, 3])": "true false false",
    "print(ones(2, 3).shape + [1])": "[2, 3, 1]",
    "x = ones(2, 3) s = [2, 3] print(x.shape == s, s == shape(x), x.shape != s)": "true true false",
}

# A literal of floats takes the type of the tensor that it meets; by itself it is float32.
WEAK = {
    'x = ones(2, dtype: "float16") print((x * [1.5, 2.5]).dtype, ([1.5, 2.5] * x).dtype)': "float16 float16",
    'x = ones(2, dtype: "float64") print((x * [0.1, 0.1])[0])': "0.1",
    'x = ones(2, dtype: "float16") print((x @ [1.0, 2.0]).dtype, (x == [1.0, 2.0]))': "float16 [true, false]",
    'x = ones(2, dtype: "int64") print((x * [1.5, 2.5]).dtype, x * [1.5, 2.5])': "float32 [1.5, 2.5]",
    'x = ones(2, dtype: "float16") print((x * [1, 2]).dtype, (x * 2.5).dtype)': "float16 float16",
    'x = ones(2, dtype: "float16") w = [1.5, 2.5] print((x * w).dtype)': "float32",
    'x = ones(2, dtype: "float16") print((x + ones(2)).dtype, (x @ ones(2)).dtype)': "float32 float32",
    'fn two() { print("once") ones(2, dtype: "float16") } print(([1.0, 2.0] + two()).dtype)': "once\nfloat16",
    "let x: float16[2] = [0.1, 0.2] print(x, x.dtype)": "[0.1, 0.2] float16",
    "fn f(x: float16[n]) { x } print(f([1, 2]), f([0.5]), f(-[1.0]), f(x: [1]))": "[1.0, 2.0] [0.5] [-1.0] [1.0]",
    "fn f() -> float16[2] { [1, 2] } print(f().dtype)": "float16",
    "fn f(c) -> float16[2] { if c { return [1, 2] } [0.5, 1.5] } print(f(true), f(false))": "[1.0, 2.0] [0.5, 1.5]",
}

DECLARATIONS = {
    "tensor x: float16[3] = [1, 2, 3] print(x, x.dtype)": "[1.0, 2.0, 3.0] float16",
    "tensor x: float32[2, 2] = [1, 2, 3, 4] print(x)": "[[1.0, 2.0], [3.0, 4.0]]",
    "tensor x: float32[2, 2] print(x)": "[[0.0, 0.0], [0.0, 0.0]]",
    "tensor x: float32[] = 3 print(x, x.shape)": "3.0 []",
    "tensor x: int32[2] frozen = [1, 2] print(x, x.dtype)": "[1, 2] int32",
    "tensor x: float32[3] = 0.5 print(x)": "[0.5, 0.5, 0.5]",
    "tensor x: bfloat16[2] = [0.1, 3.0] print(x)": "[0.1, 3.0]",
    "tensor x: bool[2] = [true, false] print(x, x.dtype)": "[true, false] bool",
    "tensor x: float16[n, n] = [[1, 2], [3, 4]] print(x.shape)": "[2, 2]",
    "tensor x: uint8[2] = [1, 255] print(x, x.dtype)": "[1, 255] uint8",
    "y = [1, 2] tensor x: float64[2] = y print(x.dtype)": "float64",
    "main { tensor x: float16[2] = [1, 2] print(x) }": "[1.0, 2.0]",
    "fn f(x: float16[n, d], w: float16[d, k]) -> float16[n, k] { x @ w }print(f([[1, 2]], [[3], [4]]))": "[[11.0]]",
    "fn f(x: float32[], y: float32[1]) { print(x, y) } f(1, 2.5)": "1.0 [2.5]",
    "fn f(m: bool[n]) { m.dtype } b = [true, false] print(f(b), f([true]))": "bool bool",
    "fn f(x: float32) { x } print(f(2), f([2.5][0]))": "2.0 2.5",
    "fn f(i: int) { i } print(f([4, 5][1]) / 2)": "2",
    "print([1.7, -1.7] as int64, ([1, 2] as float16).dtype)": "[1, -1] float16",
    "print([[1, 2]] as float32[1, n])": "[[1.0, 2.0]]",
}


@pytest.mark.parametrize(
    ("text", "want"),
    [
        row
        for table in (ARITHMETIC, VARIABLES, CONTROL, FUNCTIONS, TENSORS, WEAK, DECLARATIONS)
        for row in table.items()
    ],
)
def test_program(text: str, want: str) -> None:
    assert output(text) == want

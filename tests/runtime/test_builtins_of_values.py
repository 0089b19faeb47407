"""Builtins of strings, lists, indices and checks: programs and what they print, written down by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tensorlogic.errors import codes
from tensorlogic.runtime import Permissions
from tests.runtime.harness import failure, output

PROGRAMS = {
    'print(string_length("aé"), len("aé"), string_substring("abcdef", 2, 3), "ab".upper(), '
    'lower("AB"))': "3 2 cde AB ab",
    'print(strip("  a \\n") + "|", "a,b".split(","), split("a b  c"), join(["a", "b"], "-"), ["a", '
    '1 as string].join(""))':
        'a| ["a", "b"] ["a", "b", "c"] a-b a1',
    'print("abc".replace("b", "x"), "abc".starts_with("ab"), ends_with("abc", "b"), find("abc", "c"), "abc".find("x"))':
        "axc true false 2 -1",
    'v = IntVec::new() v.push(3) v.push(4) v.set(0, 7) print(v, len(v), v[1], v.pop(), v.is_empty(), get(v, -1))':
        "[7] 2 4 4 false 7",
    'v = FloatVec::new() v.push(1) v.push(2.5) print(v) v.clear() print(v.is_empty())': "[1.0, 2.5]\ntrue",
    'v = StringVec::new() v.push("a") for s in v { print(s) } b = BoolVec::new() b.push(true) print(b[0])': "a\ntrue",
    "a = [1, 2] b = append([true], false) print(b, reverse([\"a\", \"b\"]), contains(\"abc\", \"b\"), "
    "contains(range(3), 5))":
        '[true, false] ["b", "a"] true false',
    'for pair in enumerate(["a", "b"]) { print(pair.index, pair.value) } print(zip(["a"], ["b"]))':
        '0 a\n1 b\n[["a", "b"]]',
    "print(gather([[1, 2], [3, 4]], 1, [[1], [0]]), scatter(zeros(1, 3), 1, [[2, 0]], [[5.0, 6.0]]))":
        "[[2], [3]] [[6.0, 0.0, 5.0]]",
    "print(index_select([[1, 2], [3, 4]], 1, [1]), slice_last([[1, 2], [3, 4]], 1), slice([5, 6, 7], 1, 3))":
        "[[2], [4]] [2, 4] [6, 7]",
    "print(slice([[1, 2, 3], [4, 5, 6]], 1, 0, 2), sort([3, 1, 2]), sort([3, 1], descending: true), "
    "argsort([3, 1, 2]))":
        "[4, 5] [1, 2, 3] [3, 1] [1, 2, 0]",
    "print(unique([3, 1, 3]), nonzero([0, 5, 6]), masked_fill([1, 2], [true, false], 9), one_hot([1], 3))":
        "[1, 3] [[1], [2]] [9, 2] [[0.0, 1.0, 0.0]]",
    "for part in split([1, 2, 3], 2) { print(part) } print(len(chunk(ones(5, 2), 2)), split(arange(5), [1, 4])[1])":
        "[1, 2]\n[3]\n2 [1, 2, 3, 4]",
    "print(expand([[1], [2]], 2, 2), repeat([1, 2], [2, 2]), flip([1, 2]), roll([1, 2, 3], 1))":
        "[[1, 1], [2, 2]] [[1, 2, 1, 2], [1, 2, 1, 2]] [2, 1] [3, 1, 2]",
    "print(tril([[1, 2], [3, 4]]), triu([[1, 2], [3, 4]], 1), diag([1, 2]), numel(ones(2, 3)))":
        "[[1, 0], [3, 4]] [[0, 2], [0, 0]] [[1, 0], [0, 2]] 6",
    'print(einsum("ij,jk->ik", [[1, 2]], [[3], [4]]), dot([1, 2], [3, 4]), outer([1, 2], [3, 4]))':
        "[[11]] 11 [[3, 4], [6, 8]]",
    "print(norm([3.0, 4.0]), det([[2.0, 0.0], [0.0, 3.0]]), inverse([[2.0]]), prod([2, 3]), median([3, 1, 2]))":
        "5.0 6.0 [[0.5]] 6 2",
    "print(var([1.0, 3.0]), std([1.0, 3.0], correction: 0), cumsum([1, 2, 3]), cumprod([1, 2, 3]), "
    "logsumexp([0.0, 0.0]) ≈ log(2))":
        "2.0 1.0 [1, 3, 6] [1, 2, 6] true",
    "print(clip(5, 0, 3), clip([-1.0, 9.0], low: 0), maximum([1, 5], 3), minimum([1.5], [2.5]), sign(-3), "
    "square(4), atan2(0, -1) ≈ pi)":
        "3 [0.0, 9.0] [3, 5] [1.5] -1 16 true",
    "print(log2(8), log10(100.0), trunc(-2.7), isnan(1.0), rsqrt(4), reciprocal(4), erf(0), asin(1.0) ≈ pi / 2)":
        "3.0 2.0 -2 false 0.5 0.25 0.0 true",
    "print(add(1, 2), sub([3], [1]), mul(2, 3), div(7, 2), div([1.0], 2))": "3 [2] 6 3 [0.5]",
    "print(f16::zeros([2]).dtype, f32::ones(2), f16::arange(3), f32::from_array([1, 2]), zeros_like([1, 2]), "
    "ones_like([1.5]))":
        "float16 [1.0, 1.0] [0.0, 1.0, 2.0] [1.0, 2.0] [0, 0] [1.0]",
    "seed(1) x = randint(0, 5, 100) print(min(x) >= 0, max(x) < 5, randint(3, 4), sort(randperm(4)), "
    "random_normal(5, 0, 2))":
        "true true 3 [0, 1, 2, 3] [5.0, 5.0]",
    "print(to_int([7]), to_int(3.9)) cleanup(\"x\")": "7 3",
    'assert_eq(1, 1) assert_eq([1.0], [1.0]) assert_eq("a", "a") assert_about_eq(1, 1.05, 0.1) print("ok")': "ok",
    'assert_eq(sum([0.5, 1.0]), 1.5) assert_eq(3, sum([1, 2])) assert_eq(any([true]), true) print("ok")': "ok",
    # A float without a fraction is a whole number.
    "print(zeros([2.0, 1.0]), f16::ones([2.0]), causal_mask(2.0), range(2.0, 4.0), eye(1.0))":
        "[[0.0], [0.0]] [1.0, 1.0] [[1.0, 0.0], [1.0, 1.0]] [2, 3] [[1.0]]",
    "x = [[1, 2], [3, 4]] print(reshape(x, [1.0, 4.0]), permute(x, [1.0, 0.0]), transpose(x, 0.0, 1), "
    "concat(x, x, 1.0), broadcast_to([1, 2], [2.0, 2.0]), split([1, 2, 3], 2.0), unsqueeze(x, 0.0).shape)":
        "[[1, 2, 3, 4]] [[1, 3], [2, 4]] [[1, 3], [2, 4]] [[1, 2, 1, 2], [3, 4, 3, 4]] [[1, 2], [1, 2]] "
        "[[1, 2], [3]] [1, 2, 2]",
    "x = [[1.0, 2.0], [3.0, 5.0]] print(sum(x, 0.0), mean(x, 1.0, 1), argmax(x, 1.0, 1), any(x > 4, 0.0), "
    "cumsum(x, 1.0), slice_last(x, 0.0), get(x, 1.0), log_softmax([0.0], 0.0))":
        "[4.0, 7.0] [[1.5], [4.0]] [[1], [1]] [false, true] [[1.0, 3.0], [3.0, 8.0]] [3.0, 5.0] [3.0, 5.0] [0.0]",
    "c = KVCache::new(2.0) c.append(1.0, ones(1, 2), zeros(1, 2)) print(c.get_k(1.0), c.get_v(1))":
        "[[1.0, 1.0]] [[0.0, 0.0]]",
    "x = ones(1, 1, 2) y = rope(x, 1.0) print(y == rope(x, precompute_rope_cos(2.0, 2.0), precompute_rope_sin(2, 2), "
    "1.0), y == rope(x, offset: 1))": "[[[true, true]]] [[[true, true]]]",
}  # fmt: skip


@pytest.mark.parametrize(("program", "want"), PROGRAMS.items())
def test_program(program: str, want: str) -> None:
    assert output(program) == want


FAILURES = {
    "IntVec::new().pop()": "this IntVec is empty",
    "v = IntVec::new() v.push(1) v.set(3, 1)": "this IntVec has no element 3 among 1",
    "v = IntVec::new() v.push(1.5)": "an IntVec does not hold a float",
    "get([1, 2], 5)": "there is no element 5 among 2",
    "upper(3)": "this takes a string, not an int",
    'panic("gave {} of {}", 1, 2)': "gave 1 of 2",
    "assert_eq(1, 1.0)": "1 != 1.0",
    "assert_eq(sum([1, 2]), 3.0)": "3 != 3.0",
    "assert_eq([1.0], 1.0)": "[1.0] != 1.0",
    "assert_eq([1, 2], [1])": "[1, 2] != [1]",
    "assert_about_eq(1.0, 1.5, 0.1)": "1.0 and 1.5 are not within 0.1",
    "repeat([1], [1000000000000000])": "needs",
    'tokenize("x", "y")': "this takes a tokenizer, not a string",
}


@pytest.mark.parametrize(("program", "says"), FAILURES.items())
def test_a_failure_says_why(program: str, says: str) -> None:
    assert says in failure(program).message


def test_tokenizers(tmp_path: Path) -> None:
    pytest.importorskip("tokenizers")
    model = {"type": "WordLevel", "vocab": {"[UNK]": 0, "hello": 1, "world": 2}, "unk_token": "[UNK]"}
    file = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": None}
    file |= {"pre_tokenizer": {"type": "Whitespace"}, "post_processor": None, "decoder": None, "model": model}
    (tmp_path / "tokenizer.json").write_text(json.dumps(file))
    program = (
        f't = load_tokenizer("{tmp_path}/tokenizer.json") ids = tokenize(t, "hello world", true) print(ids, '
        f"t.vocabulary)\n"
        "print(t.detokenize(ids), detokenize_single(t, 2), append(int_to_tokenids(1), 2))"
    )
    assert output(program, folder=tmp_path) == "[1, 2] 3\nhello world world [1, 2]"
    (tmp_path / "bad.json").write_text("{}")
    assert failure(f'load_tokenizer("{tmp_path}/bad.json")', folder=tmp_path).code == codes.CORRUPT


def test_a_line_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    monkeypatch.setattr("sys.stdin", io.StringIO("Ada \nmore"))
    assert output('name = input("who? ") print("hello", name)') == "who? hello Ada"


def test_the_environment_is_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TL_TEST", "secret")
    assert failure('env("TL_TEST")').code == codes.NOT_ALLOWED
    allowed = Permissions(environment=True)
    assert output('print(env("TL_TEST"))', permissions=allowed) == "secret"
    assert "no environment variable" in failure('env("TL_NONE")', permissions=allowed).message


PYTHON = Permissions(python=True)


def test_python_is_the_users() -> None:
    assert failure("python import os").code == codes.NOT_ALLOWED
    assert failure('python.call("os.getcwd")').code == codes.NOT_ALLOWED
    program = (
        'python import numpy as np\nprint(python.call("np.sum", [1.0, 2.0]), python.call("np.linalg.norm", [3.0, 4.0]))'
    )
    assert output(program, permissions=PYTHON) == "3.0 5.0"
    assert "nothing.here" in failure("python import nothing.here", permissions=PYTHON).message
    assert "Import it" in str(failure('python.call("np.sum", 1)', permissions=PYTHON).help)
    assert "ValueError" in failure('python import math\npython.call("math.sqrt", -1)', permissions=PYTHON).message


@pytest.mark.parametrize(
    "program",
    [
        'load_model("{outside}/m.mlpackage")',
        'load_image("{outside}/i.png")',
        'load_tokenizer("{outside}/t.json")',
        'glob("{outside}/*")',
        'import "{outside}/o.tl"',
        'import "link/o.tl"',
        'load_image("link/i.png")',
    ],
)
def test_files_outside_are_the_users(program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, outside = tmp_path / "home", tmp_path / "outside"
    home.mkdir()
    outside.mkdir()
    (outside / "o.tl").write_text("let x = 1")
    (home / "link").symlink_to(outside)
    monkeypatch.chdir(home)
    assert failure(program.replace("{outside}", str(outside)), folder=home).code == codes.NOT_ALLOWED


def test_files_that_the_user_allows(tmp_path: Path) -> None:
    (tmp_path / "o.tl").write_text("let x = 1")
    assert output(f'import "{tmp_path}/o.tl"\nprint(x)', permissions=Permissions(read=(tmp_path,))) == "1"

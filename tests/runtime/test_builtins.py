"""Builtins against NumPy, or against values written down."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from tensorlogic.errors import codes
from tensorlogic.runtime.builtins import FUNCTIONS
from tensorlogic.runtime.session import CURRENT
from tests.runtime.harness import failure, output

X = np.array([[0.5, -1.25, 2.0], [3.5, 0.0, -0.75]], dtype=np.float32)
POSITIVE = np.abs(X) + np.float32(0.5)


def softmax(x: np.ndarray, axis: int) -> np.ndarray:
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


AGAINST_NUMPY: list[tuple[str, list[Any], dict[str, Any], Callable[[], Any]]] = [
    ("exp", [X], {}, lambda: np.exp(X)),
    ("log", [POSITIVE], {}, lambda: np.log(POSITIVE)),
    ("sqrt", [POSITIVE], {}, lambda: np.sqrt(POSITIVE)),
    ("sin", [X], {}, lambda: np.sin(X)),
    ("cos", [X], {}, lambda: np.cos(X)),
    ("tan", [X], {}, lambda: np.tan(X)),
    ("tanh", [X], {}, lambda: np.tanh(X)),
    ("abs", [X], {}, lambda: np.abs(X)),
    ("floor", [X], {}, lambda: np.floor(X)),
    ("ceil", [X], {}, lambda: np.ceil(X)),
    ("round", [X], {}, lambda: np.round(X)),
    ("pow", [POSITIVE, 2.5], {}, lambda: POSITIVE**2.5),
    ("sum", [X], {}, lambda: X.sum()),
    ("sum", [X, 0], {}, lambda: X.sum(0)),
    ("sum", [X], {"axis": [0, 1], "keepdim": True}, lambda: X.sum(keepdims=True)),
    ("mean", [X, -1], {"keepdim": True}, lambda: X.mean(-1, keepdims=True)),
    ("mean", [np.array([1, 2])], {}, lambda: 1.5),
    ("max", [X], {}, lambda: X.max()),
    ("max", [X, 0], {}, lambda: X.max(0)),
    ("max", [X, 1, True], {}, lambda: X.max(1, keepdims=True)),
    ("max", [X], {"axis": 1}, lambda: X.max(1)),
    ("max", [X, -X], {}, lambda: np.maximum(X, -X)),
    ("max", [X, 0.0], {}, lambda: np.maximum(X, 0)),
    ("max", [3, 7, 5], {}, lambda: 7),
    ("min", [X], {}, lambda: X.min()),
    ("min", [X], {"axis": 0}, lambda: X.min(0)),
    ("min", [X, -X, X / 2], {}, lambda: np.minimum(np.minimum(X, -X), X / 2)),
    ("min", [3, 7.5], {}, lambda: 3),
    ("argmax", [X], {}, lambda: 3),
    ("argmax", [X, 1], {}, lambda: X.argmax(1)),
    ("argmin", [X, 0, True], {}, lambda: X.argmin(0, keepdims=True)),
    ("all", [X > -2], {}, lambda: True),
    ("all", [X > 0], {"axis": 0}, lambda: (X > 0).all(0)),
    ("any", [X > 3], {}, lambda: True),
    ("any", [X > 3, 1], {}, lambda: (X > 3).any(1)),
    ("reshape", [X, [3, -1]], {}, lambda: X.reshape(3, 2)),
    ("reshape", [X, 6], {}, lambda: X.reshape(6)),
    ("flatten", [X], {}, lambda: X.ravel()),
    ("transpose", [X], {}, lambda: X.T),
    ("transpose", [X, 0, 1], {}, lambda: X.T),
    ("permute", [X[None], [2, 0, 1]], {}, lambda: X[None].transpose(2, 0, 1)),
    ("squeeze", [X[None, :, :1]], {}, lambda: X[:, 0]),
    ("squeeze", [X[None, :, :1], 0], {}, lambda: X[:, :1]),
    ("unsqueeze", [X, 1], {}, lambda: X[:, None]),
    ("concat", [X, X], {"axis": 1}, lambda: np.concatenate([X, X], 1)),
    ("concat", [X, X, 1], {}, lambda: np.concatenate([X, X], 1)),
    ("stack", [X, X], {"axis": 2}, lambda: np.stack([X, X], 2)),
    ("shape", [X], {}, lambda: [2, 3]),
    ("relu", [X], {}, lambda: np.maximum(X, 0)),
    ("sigmoid", [X], {}, lambda: 1 / (1 + np.exp(-X))),
    ("softmax", [X], {}, lambda: softmax(X, -1)),
    ("softmax", [X, 0], {}, lambda: softmax(X, 0)),
    ("gelu", [X], {}, lambda: X * 0.5 * (1 + np.vectorize(math.erf)(X / np.sqrt(2)))),
    ("matmul", [X, X.T], {}, lambda: X @ X.T),
    ("where", [X > 0, X, 0.0], {}, lambda: np.where(X > 0, X, 0)),
    ("zeros", [2, 3], {}, lambda: np.zeros((2, 3), np.float32)),
    ("ones", [[2, 3]], {"dtype": "int64"}, lambda: np.ones((2, 3), np.int64)),
    ("full", [[2], 7.5], {}, lambda: np.full(2, 7.5, np.float32)),
    ("arange", [5], {}, lambda: np.arange(5)),
    ("arange", [2, 10, 3], {}, lambda: np.arange(2, 10, 3)),
    ("arange", [0, 1, 0.25], {}, lambda: np.arange(0, 1, 0.25, np.float32)),
    ("linspace", [0, 1, 5], {}, lambda: np.linspace(0, 1, 5, dtype=np.float32)),
    ("eye", [2, 3], {}, lambda: np.eye(2, 3, dtype=np.float32)),
    ("tensor", [[True, False]], {"dtype": "float32"}, lambda: np.array([1, 0], np.float32)),
]


def given(value: Any) -> Any:
    return torch.from_numpy(np.ascontiguousarray(value)) if isinstance(value, np.ndarray) else value


@pytest.mark.parametrize(("name", "arguments", "options", "want"), AGAINST_NUMPY)
def test_against_numpy(name: str, arguments: list[Any], options: dict[str, Any], want: Callable[[], Any]) -> None:
    found, expected = FUNCTIONS[name](*map(given, arguments), **options), np.asarray(want())
    assert np.asarray(found).shape == expected.shape
    np.testing.assert_allclose(np.asarray(found), expected, rtol=1e-5, atol=1e-6)


PROGRAMS = {
    "print(exp(0), log(1.0), sqrt(16), floor(2.7), ceil(2.1), round(2.5), abs(-3), pow(2, 3))": "1.0 0.0 4.0 2 3 2 3 8",
    'print(len([1, 2, 3]), len("abc"), len(["a"]), len(range(4)), len(ones(5, 2)))': "3 3 1 4 5",
    'print(int("42"), int(3.9), float("1.5"), float(2), int([7][0]), str(true))': "42 3 1.5 2.0 7 true",
    "print([[1, 5], [3, 2]].max(axis: 1), [4, 9].argmax(), max(2, 1), min(1.5, 2))": "[5, 3] 1 2 1.5",
    'r = topk([1, 9, 5], 2) print(r.values, r.indices, r["values"])': "[9, 5] [1, 2] [9, 5]",
    "print(range(3), range(2, 4)[1], arange(3).dtype, arange(0.5, 2).dtype)": "[0, 1, 2] 3 int64 float32",
    "seed(3) a = rand(2, 2) seed(3) b = rand([2, 2]) print(all(a == b), a.shape, all(a < 1))": "true [2, 2] true",
    "seed(1) x = randn(1000) print(abs(mean(x)) < 0.2)": "true",
    "print(concat([ones(1), zeros(1)]), stack(ones(1), zeros(1)).shape)": "[1.0, 0.0] [2, 1]",
    "print(pi, sin(pi) ≈ 0)": "3.141592653589793 true",
    "x = ones(2) y = tensor(x) y[0] = 5 print(x, y)": "[1.0, 1.0] [5.0, 1.0]",
    "x = ones(2) print(x.shape(), x.shape)": "[2] [2]",
}


@pytest.mark.parametrize(("program", "want"), PROGRAMS.items())
def test_program(program: str, want: str) -> None:
    assert output(program) == want


def test_random_numbers_leave_those_of_the_host_alone() -> None:
    torch.manual_seed(5)
    before = torch.rand(3)
    torch.manual_seed(5)
    output("seed(1) x = rand(10)")
    assert torch.equal(torch.rand(3), before)


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_builtin_has_a_signature_and_a_page(name: str) -> None:
    function = FUNCTIONS[name]
    assert inspect.getdoc(function)
    signature = inspect.signature(function)
    assert signature.return_annotation is not signature.empty
    assert all(p.annotation is not p.empty for p in signature.parameters.values())


def test_glob_is_sorted(tmp_path: Path) -> None:
    for name in ("b.txt", "a.txt", "c.png"):
        (tmp_path / name).touch()
    printed = output(f'for path in glob("{tmp_path}/*.txt") {{ print(path) }}', folder=tmp_path)
    assert printed == f"{tmp_path}/a.txt\n{tmp_path}/b.txt"


def test_an_image_is_scaled_and_converted(tmp_path: Path) -> None:
    path = tmp_path / "image.png"
    Image.new("RGB", (6, 4), (255, 0, 0)).save(path)
    program = f'i = load_image("{path}", size: [2, 3], mode: "L") print(i.size, i.width, i.height, i.mode, i)'
    assert output(program, folder=tmp_path) == "[3, 2] 3 2 L <image>"


@pytest.mark.parametrize("size", ["224", "[1, 2, 3]", "[0, 5]"])
def test_an_image_has_a_height_and_a_width(size: str, tmp_path: Path) -> None:
    path = tmp_path / "image.png"
    Image.new("L", (2, 2)).save(path)
    assert "[height, width]" in failure(f'load_image("{path}", size: {size})', folder=tmp_path).message


def test_a_file_that_is_no_image(tmp_path: Path) -> None:
    path = tmp_path / "image.png"
    path.write_bytes(b"no image")
    found = failure(f'load_image("{path}")', folder=tmp_path)
    assert found.code == codes.BAD_IMAGE
    assert str(path) in found.message


def test_a_session_ends_with_its_program() -> None:
    failure("1 / 0")
    assert CURRENT.get(None) is None

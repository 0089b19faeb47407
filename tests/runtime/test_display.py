from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tensorlogic.runtime.display import text
from tests.runtime.harness import output


class Color(Enum):
    RED = "red"


@dataclass
class Info:
    name: str
    sizes: tuple[int, ...]
    _secret: int = 3


class Opaque:
    pass


VALUES: list[tuple[Any, str]] = [
    (42, "42"),
    (-0.0, "-0.0"),
    (0.1, "0.1"),
    (1.0, "1.0"),
    (1 / 3, "0.3333333333333333"),
    (float("inf"), "inf"),
    (float("nan"), "nan"),
    (True, "true"),
    (None, "void"),
    ("bare\ttext", "bare\ttext"),
    (["a", 1.5, None, [True]], '["a", 1.5, void, [true]]'),
    (range(3), "[0, 1, 2]"),
    ({"a": 1, "b": ["x"]}, '{a: 1, b: ["x"]}'),
    (Info("n", (1, 2)), '{name: "n", sizes: [1, 2]}'),
    (Color.RED, '"red"'),
    (Path("a/b"), '"a/b"'),
    (Opaque(), "<Opaque>"),
    (np.float32(0.5), "0.5"),
    (np.array([1, 2]), "[1, 2]"),
    (torch.tensor(7), "7"),
    (torch.tensor(True), "true"),
    (torch.tensor(0.1, dtype=torch.float16), "0.1"),
    (torch.tensor(0.1, dtype=torch.bfloat16), "0.1"),
    (torch.tensor(0.1, dtype=torch.float32), "0.1"),
    (torch.tensor(1 / 3, dtype=torch.float16), "0.3333"),
    (torch.tensor(1 / 3, dtype=torch.float32), "0.33333334"),
    (torch.tensor(1 / 3, dtype=torch.float64), "0.3333333333333333"),
    (torch.tensor(65504, dtype=torch.float16), "65500.0"),
    (torch.tensor([0.1, 1 / 3, 1e6, 123456789.0]), "[0.1, 0.333333, 1000000.0, 123457000.0]"),
    (torch.tensor([0.1, 1 / 3], dtype=torch.float16), "[0.1, 0.3333]"),
    (torch.tensor([[0.1], [2.0]], dtype=torch.bfloat16), "[[0.1], [2.0]]"),
    (torch.tensor([1e-7, float("nan"), float("-inf")]), "[1e-07, nan, -inf]"),
    (torch.tensor([[[1, 2]], [[3, 4]]]), "[[[1, 2]], [[3, 4]]]"),
    (torch.tensor([[True, False]]), "[[true, false]]"),
    (torch.zeros(0), "[]"),
    (torch.zeros(2, 0), "[[], []]"),
    (torch.ones(2, requires_grad=True), "[1.0, 1.0]"),
    (torch.arange(1001), "[0, 1, 2, …, 998, 999, 1000] int64[1001]"),
    (list(range(1001)), "[0, 1, 2, …, 998, 999, 1000] of 1001"),
    (torch.zeros(2, 600), f"[{', '.join(['[0.0, 0.0, 0.0, …, 0.0, 0.0, 0.0]'] * 2)}] float32[2, 600]"),
    (torch.ones(2, 2, 500), "[[[1.0, …, 1.0], [1.0, …, 1.0]], [[1.0, …, 1.0], [1.0, …, 1.0]]] float32[2, 2, 500]"),
]


@pytest.mark.parametrize(("value", "want"), VALUES, ids=[want[:30] for _, want in VALUES])
def test_text(value: Any, want: str) -> None:
    assert text(value) == want


def test_a_thousand_elements_are_shown_in_full() -> None:
    assert text(torch.arange(1000)) == str(list(range(1000)))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_small_floats_are_read_back_the_same(dtype: torch.dtype) -> None:
    values = torch.randn(500, generator=torch.Generator().manual_seed(1)).to(dtype)
    shown = torch.tensor([float(text(v)) for v in values], dtype=dtype)
    assert torch.equal(shown, values)


PRINTED = {
    "print()": "",
    'print("a", 1, 2.5, true)': "a 1 2.5 true",
    'print("x={} y={}", 1, [1, 2])': "x=1 y=[1, 2]",
    'print("{}{}", "a", "b", "more")': "ab",
    'print("{}")': "{}",
    'print("a {:.2} {}", 1)': "a {:.2} 1",
    'print(1, "{}", 2)': "1 {} 2",
    'print("Model format:", "CoreML")': "Model format: CoreML",
    'print(str(1.5) + "!", str([1, 2]), str("s"))': "1.5! [1, 2] s",
}


@pytest.mark.parametrize(("program", "want"), PRINTED.items())
def test_print(program: str, want: str) -> None:
    assert output(program) == want

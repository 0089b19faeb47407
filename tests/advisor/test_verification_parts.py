"""How values are compared, against numbers worked out by hand; inputs, references, and memory."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import tensorlogic as tl
from tensorlogic.advisor.verification import verify
from tensorlogic.advisor.verification.differences import Difference, Range, compare
from tensorlogic.advisor.verification.outputs import agreement
from tensorlogic.advisor.verification.references import matched
from tensorlogic.errors import TensorLogicError, codes
from tests.advisor import planted

INF, NAN = math.inf, math.nan


def difference(found: list[float], wanted: list[float]) -> Difference:
    made = compare(torch.tensor(found, dtype=torch.float16), torch.tensor(wanted, dtype=torch.float32))
    assert made is not None
    return made


COUNTS = [
    ([INF, 1], [1e5, 1], ("overflow",), {"overflows": 1}),
    ([-INF, 1], [-INF, 1], (), {"overflows": 0}),  # a mask
    ([NAN, 1], [1, 1], ("nan",), {"nans": 1, "nans_in_f32": 0}),
    ([NAN, 1], [NAN, 1], ("nan",), {"nans": 1, "nans_in_f32": 1}),
    ([0, 0], [1e-9, 1e-9], ("underflow",), {"underflows": 2}),
    ([0, 1], [1e-9, 1], (), {"underflows": 1}),
    ([0, 1], [0.5, 1], ("error",), {"underflows": 0}),  # what a difference leaves
    ([0, 1], [0, 1], (), {"underflows": 0}),
    ([1.0009765625, 1], [1, 1], (), {}),
]


@pytest.mark.parametrize(("found", "wanted", "kinds", "counts"), COUNTS)
def test_kinds_and_counts(found: list[float], wanted: list[float], kinds: Any, counts: dict[str, int]) -> None:
    made = difference(found, wanted)
    assert made.kinds == kinds
    assert {name: getattr(made, name) for name in counts} == counts


def test_errors_are_parts_of_an_element_and_of_all() -> None:
    # The root mean square of 3 and 4 is sqrt(12.5); they differ by 1 and 0.
    made = difference([4, 4], [3, 4])
    assert made.error == pytest.approx(1 / (3 + math.sqrt(12.5)))
    assert made.noise == pytest.approx(math.sqrt(0.5) / math.sqrt(12.5))
    assert (made.range, made.range_in_f16) == (Range(3, 4), Range(4, 4))


def test_whole_numbers_are_the_same_or_not() -> None:
    made = compare(torch.tensor([1, 2, 3]), torch.tensor([1, 5, 4]))
    assert made is not None
    assert (made.changed, made.kinds) == (2, ())


def test_outputs() -> None:
    made = agreement("y", torch.tensor([[3.0, 4.0]]), torch.tensor([[4.0, 3.0]]))
    assert made.cosine == pytest.approx(24 / 25)
    assert made.psnr == pytest.approx(20 * math.log10(4))  # the largest is 4, and the noise 1
    assert made.largest == 1
    assert made.ranking is not None
    assert (made.ranking.top1, made.ranking.lead, made.ranking.lost) == (1, 1, 1)


INFINITE = [([INF, 1], [1, 1]), ([NAN, 1], [1, 1]), ([1, 1], [INF, 1]), ([0, 0], [0, 0]), ([1, 1], [0, 0])]


@pytest.mark.parametrize(("found", "wanted"), INFINITE)
def test_outputs_without_a_measure(found: list[float], wanted: list[float]) -> None:
    made = agreement("y", *(torch.tensor(each, dtype=torch.float32) for each in (found, wanted)))
    assert made.psnr in (INF, -INF) or math.isnan(made.psnr)
    assert made.ok == (found == wanted)


RANKED = [
    ((10,), True),
    ((1, 10), True),
    ((4, 10), True),
    ((1, 10, 1, 1), True),
    ((1, 3, 8, 8), False),
    ((1, 7, 9), False),
]


@pytest.mark.parametrize(("shape", "ranked"), RANKED)
def test_scores_are_told_from_pictures_and_features(shape: tuple[int, ...], ranked: bool) -> None:
    values = torch.randn(shape)
    assert (agreement("y", values, values).ranking is not None) == ranked


def test_rows_of_probabilities_are_scores() -> None:
    values = torch.softmax(torch.randn(1, 7, 9), -1)
    ranking = agreement("y", values, values).ranking
    assert ranking is not None
    assert ranking.rows == 7


def test_labels() -> None:
    assert not agreement("label", "cat", "dog").ok
    assert agreement("label", "cat", "cat").ok
    assert not agreement("scores", {"cat": 0.6, "dog": 0.4}, {"dog": 0.6, "cat": 0.4}).ok


MATCHES = [
    ({"x": (1, 3), "y": (2,)}, {"y": (2,), "x": (1, 3)}, {"x": "x", "y": "y"}),
    ({"a": (1, 3), "b": (1, 3)}, {"c": (1, 3), "d": (1, 3)}, {"a": "c", "b": "d"}),
    ({"a": (1, 3), "b": (1, 3)}, {"c": (1, 3), "a": (1, 3)}, {"a": "a", "b": "c"}),
    ({"a": (2,), "b": (3,)}, {"c": (3,), "d": (2,)}, {"a": "d", "b": "c"}),
    ({"a": ("batch", 3)}, {"b": (1, 3)}, {"a": "b"}),
    ({"a": (1, 1000)}, {"b": (1000,)}, {"a": "b"}),
    ({"a": (1, 3)}, {"b": (3, 3)}, {}),
]


@pytest.mark.parametrize(("names", "others", "pairs"), MATCHES)
def test_matching(names: Any, others: Any, pairs: dict[str, str]) -> None:
    assert matched(names, others) == pairs


class Source(nn.Module):
    """What the small package was made from, with its weights."""

    def __init__(self, bias: float = 0) -> None:
        super().__init__()
        rng = np.random.default_rng(0)
        self.conv = nn.Conv2d(3, 16, 3, padding="same", bias=False)
        self.linear = nn.Linear(16, 10)
        self.conv.weight.data = torch.from_numpy(rng.standard_normal((16, 3, 3, 3)).astype(np.float32))
        self.linear.weight.data = torch.from_numpy(rng.standard_normal((10, 16)).astype(np.float32))
        self.linear.bias.data = torch.zeros(10)
        self.linear.bias.data[3] = bias

    def forward(self, picture: torch.Tensor) -> torch.Tensor:
        return self.linear(self.conv(picture).relu().mean((2, 3)))


def exported(path: Path, bias: float = 0) -> Path:
    torch.export.save(torch.export.export(Source(bias).eval(), (torch.rand(1, 3, 8, 8),)), path)
    return path


@pytest.mark.filterwarnings("ignore")
def test_against_what_it_was_made_from(package: Path, tmp_path: Path) -> None:
    found = verify(package, exported(tmp_path / "source.pt2"), allow_pickle=True)
    assert found.ok
    assert found.against is not None
    ((f16,), (f32,)) = found.against.f16, found.against.f32
    assert (f16.name, f16.ok, f32.ok) == ("scores", True, True)
    assert f32.difference.noise < f16.difference.noise < 0.01


@pytest.mark.filterwarnings("ignore")
def test_against_something_else(package: Path, tmp_path: Path) -> None:
    found = verify(package, exported(tmp_path / "other.pt2", bias=100), allow_pickle=True)
    assert not found.ok
    assert all(output.ok for output in found.outputs)
    assert "The outputs are not those of other.pt2; so it is in f32: the cause is not f16." in found.verdict


def test_against_onnx_and_another_package(package: Path, compiled: Path, tmp_path: Path) -> None:
    tl.convert_model(package, tmp_path / "model.onnx")
    for reference in (tmp_path / "model.onnx", package, compiled):
        found = verify(package, reference)
        assert found.ok
        assert found.against is not None
        assert found.against.f32[0].difference.noise < 1e-5


def test_an_exported_program_is_read_only_on_request(package: Path, tmp_path: Path) -> None:
    class Attack:
        def __reduce__(self) -> Any:
            return (Path.touch, (tmp_path / "attacked",))

    for name in ("evil.pt2", "evil.pt", "evil.pth"):
        torch.save(Attack(), tmp_path / name)
        with pytest.raises(TensorLogicError) as caught:
            verify(package, tmp_path / name)
        assert caught.value.exit_code == 2
        assert "onnx" in str(caught.value.diagnostics[0].help)
    assert not (tmp_path / "attacked").exists()


REFUSED = [
    ({"y": np.zeros((1, 3, 8, 8))}, codes.UNKNOWN_INPUT),
    ({"x": np.zeros((1, 4, 8, 8))}, codes.WRONG_SHAPE),
    ({"x": np.zeros((0, 3, 8, 8))}, codes.WRONG_SHAPE),
    ({"x": np.array([object()])}, codes.CORRUPT),
]


@pytest.mark.parametrize(("arrays", "code"), REFUSED)
def test_data_that_does_not_fit(arrays: dict[str, Any], code: codes.Code, package: Path, tmp_path: Path) -> None:
    np.savez(tmp_path / "data.npz", **arrays)
    with pytest.raises(TensorLogicError) as caught:
        verify(package, data=tmp_path / "data.npz")
    assert caught.value.diagnostics[0].code == code


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 and no more", b"\x93NUMPY"])
def test_damaged_data_and_references(content: bytes, package: Path, tmp_path: Path) -> None:
    for name in ("data.npz", "model.onnx"):
        (tmp_path / name).write_bytes(content)
    for options in ({"data": tmp_path / "data.npz"}, {"against": tmp_path / "model.onnx"}):
        with pytest.raises(TensorLogicError):
            verify(package, **options)


def test_a_reference_of_other_inputs(package: Path, tmp_path: Path) -> None:
    planted.write(tmp_path / "other.mlpackage", planted.flip)
    with pytest.raises(TensorLogicError) as caught:
        verify(package, tmp_path / "other.mlpackage")
    assert caught.value.diagnostics[0].code == codes.UNKNOWN_INPUT
    assert "[1, 16]" in caught.value.diagnostics[0].message


LAYERS, SIDE = 24, 1024
MEASURE = """
import re, sys
from tensorlogic.advisor.verification import verify

def most():
    return 1024 * int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])

verify(sys.argv[1])
before = most()
assert verify(sys.argv[2]).ok
print(most() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the most memory that a process had")
def test_weights_are_not_there_all_at_once(tmp_path: Path) -> None:
    def layers(side: int) -> Any:
        rng = np.random.default_rng(0)

        def network(mb: Any, x: Any) -> Any:
            for _ in range(LAYERS):
                weight = rng.standard_normal((side, side)).astype(np.float32) / np.float32(math.sqrt(side))
                x = mb.linear(x=x, weight=weight)
            return x

        return network

    planted.write(tmp_path / "small.mlpackage", layers(16), (1, 16))
    planted.write(tmp_path / "large.mlpackage", layers(SIDE), (1, SIDE))
    command = [sys.executable, "-c", MEASURE, str(tmp_path / "small.mlpackage"), str(tmp_path / "large.mlpackage")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    stored = 2 * LAYERS * SIDE * SIDE
    # What is mapped of the file counts too; beside it, a few layers in f32.
    assert int(done.stdout) < 1.6 * stored

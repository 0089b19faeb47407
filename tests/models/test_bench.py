"""Benchmarks: the numbers from clocks and meters that are written down, and all of it on small real models."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

import tensorlogic as tl
from tensorlogic import engines
from tensorlogic.coreml import Feature
from tensorlogic.coreml.arrays import ArrayType
from tensorlogic.coreml.features import DictionaryType
from tensorlogic.coreml.images import ImageType
from tensorlogic.coreml.shapes import Shapes
from tensorlogic.engines import Candidate, Missing
from tensorlogic.errors import EngineError, OperationPlace, codes
from tensorlogic.mil import Program
from tensorlogic.models.bench import Benchmark, Measurement, Start, Wanted, benchmark, plotter, run
from tensorlogic.models.bench.turns import Subject, take_turns
from tensorlogic.models.coreml import CoreMLModel
from tensorlogic.models.inputs import make_inputs
from tests.models.test_flexible import ANY, Network, convert, dense

TORCH = Candidate("torch", "cpu", "f32")
OTHER = Candidate("torch", "cpu", "bf16")
START = Start(imports=1.0, load=0.25, first=0.5, memory=1000)


def test_what_times_come_to() -> None:
    subject = Subject(TORCH, 3, lambda: None, seconds=[11.0, *map(float, range(1, 11))], joules=132.0)
    found = subject.measurement()
    assert (found.latency, found.p90, found.runs, found.power) == (6, 10, 11, 2)
    assert (found.throughput, found.efficiency) == (0.5, 0.25)


def test_a_counter_that_has_not_moved_is_no_power() -> None:
    found = Subject(TORCH, None, lambda: None, seconds=[0.5]).measurement()
    assert (found.throughput, found.power, found.efficiency) == (2, None, None)


class Clock:
    """Time that passes only in predictions, each of which takes five joules."""

    now = 100.0
    energy = 7.0

    def __call__(self) -> float:
        return self.now

    def prediction(self, seconds: float) -> Callable[[], None]:
        def predict() -> None:
            self.now += seconds
            self.energy += 5.0

        return predict

    def joules(self) -> float:
        return self.energy

    def close(self) -> None: ...


def test_subjects_take_turns_until_their_time_is_used_up() -> None:
    clock, pauses = Clock(), list[float]()
    fast = Subject(TORCH, None, clock.prediction(0.5), clock)
    slow = Subject(OTHER, None, clock.prediction(7), clock)
    over = list(take_turns([fast, slow], 10, 5, clock, pauses.append))
    assert sorted(over.count(each) for each in (fast, slow)) == [5, 5]
    assert fast.seconds == [0.5] * 20
    # Its first takes until the third turn is over, its second until the seconds are.
    assert slow.seconds == [7, 7]
    assert len(pauses) == 5 + 2
    assert (fast.measurement().power, slow.measurement().power) == (10, pytest.approx(5 / 7))


def test_the_order_changes_from_round_to_round() -> None:
    clock = Clock()
    subjects = [Subject(TORCH, batch, clock.prediction(1)) for batch in range(4)]
    order = [subject.batch for subject in take_turns(subjects, 8, 8, clock, lambda seconds: None)]
    rounds = {tuple(order[i : i + 4]) for i in range(0, 32, 4)}
    assert all(sorted(each) == [0, 1, 2, 3] for each in rounds)
    assert len(rounds) > 1


def test_an_interrupted_turn_counts_as_far_as_it_came() -> None:
    clock = Clock()
    times = iter([1.0, 1.0, 2.0])

    def predict() -> None:
        seconds = next(times, None)
        if seconds is None:
            raise KeyboardInterrupt
        clock.now += seconds

    subject = Subject(TORCH, None, predict)
    with pytest.raises(KeyboardInterrupt):
        list(take_turns([subject], 60, 1, clock, lambda seconds: None))
    assert subject.seconds == [1, 2]


ROWS = Shapes((1, 3, 4), (), ((1, 8), (3, 3), (4, 4)))
FIXED = Shapes((1, 3))
CHOICES = Shapes((), ((2, 3), (4, 3)))
RANGES = Shapes((), (), ((2, None), (3, 5)))
PICTURE = Shapes((4, 6))

# The type of the input, the value that is given, the batch, and the shape and type that come.
MADE = [
    (ArrayType("float32", ROWS), None, None, (1, 3, 4), np.float32),
    (ArrayType("float32", ROWS), None, 5, (5, 3, 4), np.float32),
    (ArrayType("float16", FIXED), None, 1, (1, 3), np.float16),
    (ArrayType("int32", FIXED), None, None, (1, 3), np.int32),
    (ArrayType("float64", CHOICES), None, None, (2, 3), np.float64),
    (ArrayType("float32", RANGES), None, 7, (7, 3), np.float32),
    (ArrayType("float32", ROWS), np.ones((1, 3, 4)), 2, (2, 3, 4), np.float32),
    (ArrayType("float32", ROWS), np.ones((2, 3, 4)), None, (2, 3, 4), np.float32),
    (ImageType("RGB", PICTURE), None, None, (4, 6, 3), np.uint8),
    (ImageType("BGR", PICTURE), Image.new("RGBA", (6, 4)), 1, (4, 6, 3), np.uint8),
    (ImageType("GRAYSCALE", PICTURE), None, 1, (4, 6), np.uint8),
    (ImageType("GRAYSCALE_FLOAT16", PICTURE), Image.new("F", (6, 4)), None, (4, 6), np.uint8),
]


@pytest.mark.parametrize(("kind", "given", "batch", "shape", "dtype"), MADE)
def test_inputs(kind: Any, given: Any, batch: int | None, shape: tuple[int, ...], dtype: type) -> None:
    made = make_inputs([Feature("x", kind)], {} if given is None else {"x": given}, batch)
    assert {name: (array.shape, array.dtype) for name, array in made.items()} == {"x": (shape, dtype)}
    values = made["x"].astype(np.float64)
    assert values.min() >= 0
    assert values.max() <= (255 if kind.kind == "image" else 1)


def test_inputs_that_have_a_default_are_left_out() -> None:
    features = [
        Feature("x", ArrayType("float32", FIXED)),
        Feature("y", ArrayType("float32", FIXED, 0.5), optional=True),
    ]
    assert list(make_inputs(features, {}, None)) == ["x"]
    assert list(make_inputs(features, {"y": [[1, 2, 3]]}, None)) == ["x", "y"]


REFUSED = [
    (ArrayType("float32", FIXED), {}, 8, codes.WRONG_SHAPE, "[8, 3]"),
    (ArrayType("float32", ROWS), {"x": np.ones((1, 3, 5))}, 2, codes.WRONG_SHAPE, "[1, 3, 5]"),
    (ArrayType("int32", FIXED), {"x": [[0.5, 1, 2]]}, None, codes.WRONG_DTYPE, "int32"),
    (ImageType("RGB", PICTURE), {}, 2, codes.WRONG_SHAPE, "one image"),
    (DictionaryType(str), {}, None, codes.MISSING_INPUT, "--input x=VALUE"),
]


@pytest.mark.parametrize(("kind", "given", "batch", "code", "says"), REFUSED)
def test_inputs_that_cannot_be_made(
    kind: Any, given: dict[str, Any], batch: int | None, code: codes.Code, says: str
) -> None:
    with pytest.raises(tl.TensorLogicError) as caught:
        make_inputs([Feature("x", kind)], given, batch)
    assert caught.value.code == code
    assert says in str(caught.value)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Starts, for which Python is loaded again, are written down."""
    monkeypatch.setattr(run, "start", lambda *arguments: START)


def wanted(**options: Any) -> Wanted:
    return Wanted(seconds=0, rounds=1, **{"engines": ["torch"], "precisions": ["f32"], **options})


def test_a_model(package: Path) -> None:
    """All of it, with two processes of their own."""
    steps: list[tuple[str, int, int]] = []
    found = benchmark(package, wanted(devices=["cpu"]), lambda *step: steps.append(step))
    (row,), (started,) = found.measurements, found.startups
    assert (row.candidate, row.batch, row.runs) == (TORCH, None, 1)
    assert row.p90 == row.latency > 0
    for each in (started.cold, started.cached):
        assert min(each.imports, each.load, each.first) > 0
        assert each.memory > 50e6  # PyTorch alone takes more
        assert each.gpu_memory is None
    assert found.fastest() == TORCH
    assert (found.path, found.function, found.interrupted) == (package, "main", False)
    assert [what.split()[0] for what, _, _ in steps] == ["Loading", "Measuring", "Starting", "Starting"]
    assert all(done < of for _, done, of in steps)


@pytest.mark.usefixtures("quick")
def test_batches_that_a_model_refuses_are_told(package: Path, tmp_path: Path) -> None:
    found = benchmark(package, wanted(batches=[1, 4]))
    assert [row.batch for row in found.measurements] == [1]
    (left_out,) = [each for each in found.omissions if "power" not in each.what]
    assert left_out.what == "batch 4"
    assert "takes [1, 3, 8, 8]" in left_out.reason

    convert(Network("batches", dense(), 16, [(ANY, 3, 4)], [[(1, 3, 4)]]), tmp_path / "flexible.mlpackage")
    found = benchmark(tmp_path / "flexible.mlpackage", wanted(batches=[1, 8, 100]))
    assert [row.batch for row in found.measurements] == [1, 8]
    assert [each.what for each in found.omissions if "power" not in each.what] == ["batch 100"]
    assert found.measurements[1].throughput == 8 / found.measurements[1].latency
    assert found.fastest(8) == TORCH
    assert found.fastest(100) is None


class Total(nn.Module):
    """Adds up over the first axis, which therefore is no batch."""

    def forward(self, x: Tensor) -> Tensor:
        return x.sum(0)


@pytest.mark.usefixtures("quick")
def test_an_axis_that_is_no_batch(tmp_path: Path) -> None:
    convert(Network("total", Total(), 16, [(ANY, 4)], [[(2, 4)]]), tmp_path / "total.mlpackage")
    found = benchmark(tmp_path / "total.mlpackage", wanted(batches=[1, 3]))
    assert [row.batch for row in found.measurements] == [1]
    assert any("3 rows" in each.reason and each.what == "torch on cpu in f32, batch 3" for each in found.omissions)


@pytest.mark.usefixtures("quick")
def test_a_model_that_takes_pictures(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = Network("pictures", nn.Conv2d(3, 2, 3), 15, [(1, 3, range(8, 65), range(8, 65))], [[(1, 3, 16, 16)]])
    convert(network, tmp_path / "pictures.mlpackage", images=True)
    found = benchmark(tmp_path / "pictures.mlpackage", wanted(batches=[1, 2], given={"x": Image.new("RGB", (9, 20))}))
    assert [row.batch for row in found.measurements] == [1]
    assert any(each.reason == "the input 'x' is one image" for each in found.omissions)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("function", [None, "twice"])
def test_a_model_with_states(stateful_package: Path, function: str | None) -> None:
    found = benchmark(stateful_package, wanted(function=function, precisions=["f32", "bf16"]))
    assert [row.candidate.precision for row in found.measurements] == ["f32", "bf16"]
    assert found.function == (function or "add")


def test_an_engine_that_cannot_run_the_model_is_told(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Picky:
        def missing(self, program: Program, function: str) -> tuple[Missing, ...]:
            place = OperationPlace(program.source, function, "", "")
            return tuple(Missing(name, place, "no reason") for name in ("conv", "relu", "conv"))

    class Able:
        def missing(self, program: Program, function: str) -> tuple[Missing, ...]:
            return ()

    monkeypatch.setattr(engines, "engine_names", lambda: ["able", "picky"])
    monkeypatch.setattr(engines, "engine", {"able": Able(), "picky": Picky()}.__getitem__)
    described = run.detect(package)
    assert list(run.unable(described, [])) == [("picky", "it cannot run conv, relu")]
    assert list(run.unable(described, ["able"])) == []


REFUSALS: list[tuple[dict[str, Any], codes.Code, str]] = [
    ({"given": {"y": 1}}, codes.UNKNOWN_INPUT, "no input 'y'"),
    ({"given": {"x": [1, 2]}}, codes.WRONG_SHAPE, "has shape [2]"),
    ({"batches": [7]}, codes.WRONG_SHAPE, "[7, 3, 8, 8]"),
    ({"function": "mian"}, codes.UNKNOWN_FUNCTION, "'main'"),
    ({"engines": ["none"]}, codes.NO_ENGINE, "torch on cpu in f32"),
    ({"devices": ["toaster"]}, codes.NO_ENGINE, "toaster, torch"),
]


@pytest.mark.parametrize(("options", "code", "says"), REFUSALS)
def test_what_cannot_be_measured_at_all(options: dict[str, Any], code: codes.Code, says: str, package: Path) -> None:
    with pytest.raises(tl.TensorLogicError) as caught:
        benchmark(package, wanted(**options))
    assert caught.value.code == code
    assert says in str(caught.value)


def test_weights_alone_do_not_predict(tmp_path: Path) -> None:
    tl.save_model({"w": np.ones(3)}, tmp_path / "w.safetensors")
    with pytest.raises(tl.TensorLogicError) as caught:
        benchmark(tmp_path / "w.safetensors", wanted())
    assert caught.value.code == codes.CANNOT_PREDICT


def test_a_start_that_fails_is_told(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    starts = iter([START])

    def start(*arguments: object) -> Start:
        for each in starts:
            return each
        raise EngineError(codes.ENGINE_FAILED, "its own process ended with -9")

    monkeypatch.setattr(run, "start", start)
    found = benchmark(package, wanted())
    assert [(each.cold, each.cached) for each in found.startups] == [(START, None)]
    assert any(each.reason == "its own process ended with -9" for each in found.omissions)


def test_a_process_of_its_own_says_why_it_failed(tmp_path: Path, package: Path) -> None:
    described = run.detect(package)
    with pytest.raises(EngineError, match=r"ended with 1: .*no engine 'torches'"):
        run.start(described, Candidate("torches", "cpu", "f32"), {}, tmp_path)


@pytest.mark.parametrize(("predictions", "measured"), [(1, 0), (4, 1)])
def test_ctrl_c_keeps_what_was_measured(
    predictions: int, measured: int, package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, left = CoreMLModel.predict, iter(range(predictions))

    def predict(self: CoreMLModel, *values: Any, **named: Any) -> Any:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return plain(self, *values, **named)

    monkeypatch.setattr(CoreMLModel, "predict", predict)
    found = benchmark(package, wanted(precisions=["f32", "bf16"]))
    assert found.interrupted
    assert (len(found.measurements), found.startups) == (measured, [])


FOUND = Benchmark(
    Path("model.mlpackage"),
    "main",
    [
        Measurement(TORCH, 1, 0.002, 0.003, 10, 5.0),
        Measurement(TORCH, 8, 0.008, None),
        Measurement(OTHER, 8, 0.004, 0.005, 10),
    ],
)


def test_as_data() -> None:
    data = json.loads(json.dumps(FOUND.as_dict()))
    assert data["measurements"][0] == {
        "engine": "torch", "device": "cpu", "precision": "f32", "batch": 1, "latency": 0.002, "p90": 0.003,
        "runs": 10, "throughput": 500.0, "power": 5.0, "efficiency": 100.0,
    }  # fmt: skip
    assert FOUND.fastest(8) == OTHER


@pytest.mark.parametrize("rows", [1, 3])
def test_a_picture(rows: int, tmp_path: Path) -> None:
    plotter(tmp_path / "out.png")(Benchmark(FOUND.path, "main", FOUND.measurements[:rows]))
    assert (tmp_path / "out.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_pictures_that_cannot_be_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, says in (("out.doc", r"\.png"), ("out", r"\.png"), ("nowhere/out.png", "no folder")):
        with pytest.raises(tl.TensorLogicError, match=says) as caught:
            plotter(tmp_path / name)
        assert caught.value.code == codes.CANNOT_WRITE
    monkeypatch.setitem(sys.modules, "matplotlib.backends.backend_agg", None)
    with pytest.raises(tl.TensorLogicError, match=r"pip install 'tensorlogic-lang\[plot\]'") as caught:
        plotter(tmp_path / "out.png")
    assert caught.value.code == codes.MISSING_PACKAGE

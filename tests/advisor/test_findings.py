"""Each finding about a small model that has it, and not about one that has not; wanted ids are written by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from torch import nn

from tensorlogic.advisor import advise
from tensorlogic.advisor.evidence import address
from tensorlogic.advisor.findings import View, rows
from tensorlogic.advisor.findings.view import CHECKS
from tensorlogic.report import page, sarif
from tests.advisor.programs import trace, weight, write
from tests.conftest import shared_model


def _conv(mb: Any, x: Any, dtype: type = np.float32) -> Any:
    return mb.conv(x=x, weight=weight(16, x.shape[1], 3, 3).astype(dtype), pad_type="same")


def _middle(mb: Any, x: Any) -> Any:
    return _conv(mb, mb.cumsum(x=_conv(mb, x), axis=3))


def _twice(mb: Any, x: Any) -> Any:
    x = mb.reverse(x=mb.cumsum(x=_conv(mb, x), axis=3), axes=[3])
    return _conv(mb, mb.cumsum(x=_conv(mb, x), axis=3))


def _island(mb: Any, x: Any) -> Any:
    return _conv(mb, mb.exp(x=_conv(mb, x)))


def _while(mb: Any, x: Any) -> Any:
    def body(i: Any, v: Any) -> Any:
        return mb.add(x=i, y=1.0), mb.mul(x=v, y=0.5)

    start = mb.reduce_sum(x=x, axes=[0, 1], keep_dims=False)
    return mb.while_loop(_cond=lambda i, v: mb.less(x=i, y=3.0), _body=body, loop_vars=(start, x))[1]


def _blocks(mb: Any, x: Any) -> Any:
    data, scale = np.ones((64, 64), np.int8), np.ones((64, 4), np.float16)
    return mb.linear(x=x, weight=mb.constexpr_blockwise_shift_scale(data=data, scale=scale))


def _channels(mb: Any, x: Any) -> Any:
    data, scale = np.ones((64, 64), np.int8), np.ones((64, 1), np.float16)
    return mb.linear(x=x, weight=mb.constexpr_blockwise_shift_scale(data=data, scale=scale))


def _palettes(rows: int, columns: int) -> Callable[..., Any]:
    def build(mb: Any, x: Any) -> Any:
        from coremltools.converters.mil.mil.types import np_uint4_dtype

        lut = np.arange(rows * columns * 16, dtype=np.float16).reshape(rows, columns, 16, 1)
        indices = np.zeros((64, 64), np_uint4_dtype)
        return mb.linear(x=x, weight=mb.constexpr_lut_to_dense(indices=indices, lut=lut))

    return build


def _eight_bits(mb: Any, x: Any) -> Any:
    from coremltools.converters.mil.mil.types import np_uint4_dtype

    lut = np.arange(16, dtype=np.int8).reshape(1, 1, 16, 1)
    palette = mb.constexpr_lut_to_dense(indices=np.zeros((64, 64), np_uint4_dtype), lut=lut)
    scale = np.ones((1, 1), np.float16)
    return mb.linear(x=x, weight=mb.constexpr_blockwise_shift_scale(data=palette, scale=scale))


def _quantized(mb: Any, x: Any) -> Any:
    whole = mb.quantize(input=_conv(mb, x), scale=np.float32(0.1), output_dtype="int8")
    return _conv(mb, mb.dequantize(input=whole, scale=np.float32(0.1)))


def _norm(mb: Any, x: Any, guard: float, divide: bool = False) -> Any:
    if divide:
        x = mb.real_div(x=x, y=mb.reduce_max(x=mb.abs(x=x), axes=[-1], keep_dims=True))
    mean = mb.reduce_mean(x=mb.square(x=x), axes=[-1], keep_dims=True)
    return mb.mul(x=x, y=mb.rsqrt(x=mb.add(x=mean, y=np.float32(guard))))


def _tokens(mb: Any, x: Any) -> Any:
    return mb.gather(x=weight(65537, 2), indices=x, axis=0)


def _slice(mb: Any, x: Any) -> Any:
    return mb.relu(x=mb.slice_by_index(x=x, begin=[0, 0, 32], end=[1, 4, 4128]))


def _grow(mb: Any, new: Any, keys: Any, values: Any) -> Any:
    return mb.concat(values=[keys, new], axis=2), mb.concat(values=[values, new], axis=2)


def _remember(mb: Any, x: Any, *states: Any) -> Any:
    for state in states:
        mb.coreml_update_state(state=state, value=mb.add(x=mb.read_state(input=state), y=x))
    return mb.relu(x=x)


@dataclass(frozen=True)
class Case:
    """A program, and what is found and not found about it on a chip."""

    name: str
    build: Callable[..., Any]
    shapes: tuple[tuple[int, ...], ...]
    found: tuple[str, ...]
    absent: tuple[str, ...] = ()
    chip: str = "M1"
    options: tuple[tuple[str, Any], ...] = ()


def case(name: str, build: Any, *shapes: Any, found: Any, absent: Any = "", chip: str = "M1", **options: Any) -> Case:
    return Case(name, build, shapes, tuple(found.split()), tuple(absent.split()), chip, tuple(options.items()))


PICTURE = (1, 8, 16, 32)
CASES = [
    case("fp32", _conv, PICTURE, found="float32", absent="float32-islands float32-edges", precision="FLOAT32"),
    case("fp16", _conv, PICTURE, found="float32-edges tiny", absent="float32 float32-islands batch newer-than-needed"),
    case("fp16 all over", lambda mb, x: _conv(mb, x, np.float16), PICTURE, found="tiny",
         absent="float32-edges newer-than-needed", opset=16, dtype=np.float16),
    case("island", _island, PICTURE, found="float32-islands float32-edges", absent="float32",
         wide=lambda op: op.op_type == "exp"),
    case("batch", _conv, (8, 8, 16, 32), found="batch"),
    case("breaker", _middle, PICTURE, found="breaks-regions", absent="heavy-elsewhere control-flow"),
    case("breaker at the end", lambda mb, x: mb.cumsum(x=_conv(mb, x), axis=3), PICTURE, found="",
         absent="breaks-regions heavy-elsewhere"),
    case("loop", _while, (1, 1), found="control-flow"),
    case("heavy", lambda mb, x: mb.reduce_prod(x=x, axes=[2]), PICTURE, found="heavy-elsewhere"),
    case("long", lambda mb, x: mb.linear(x=x, weight=weight(16385, 4)), (1, 4), found="long-axis",
         absent="long-axis-tables"),
    case("long on an M4", lambda mb, x: mb.linear(x=x, weight=weight(16385, 4)), (1, 4), chip="M4",
         found="long-axis long-axis-tables"),
    case("not long", lambda mb, x: mb.linear(x=x, weight=weight(16384, 4)), (1, 4), found="", absent="long-axis"),
    case("sequence", lambda mb, x: mb.linear(x=x, weight=weight(8, 8)), (1, 64, 8), found="linear-sequences"),
    case("short sequence", lambda mb, x: mb.linear(x=x, weight=weight(8, 8)), (1, 63, 8), found="",
         absent="linear-sequences"),
    case("unaligned", lambda mb, x: mb.relu(x=x), (1, 64, 512, 3), found="unaligned"),
    case("aligned", lambda mb, x: mb.relu(x=x), (1, 64, 48, 32), found="", absent="unaligned"),
    case("weights", lambda mb, x: mb.linear(x=x, weight=weight(3200, 3200)), (1, 3200), found="palettize"),
    case("blocks", _blocks, (1, 64), found="blockwise", opset=18),
    case("channels", _channels, (1, 64), found="", absent="blockwise", opset=18),
    case("palette", _palettes(1, 1), (1, 64), found="", absent="channel-palettes crossed-palettes eight-bit-palettes",
         opset=18),
    case("palettes", _palettes(64, 1), (1, 64), found="channel-palettes", absent="crossed-palettes", opset=18),
    case("grouped palettes", _palettes(4, 1), (1, 64), found="", absent="channel-palettes crossed-palettes", opset=18),
    case("crossed palettes", _palettes(4, 2), (1, 64), found="crossed-palettes", absent="channel-palettes", opset=18),
    case("8-bit palette", _eight_bits, (1, 64), found="eight-bit-palettes", absent="blockwise", opset=18),
    case("W8A8 on an M1", _quantized, PICTURE, found="int8-activations int8-activations-unsupported", opset=17),
    case("W8A8 on an A17", _quantized, PICTURE, found="int8-activations", absent="int8-activations-unsupported",
         chip="A17 Pro", opset=17),
    case("large activations", lambda mb, x: mb.relu(x=x), (1, 64, 128, 128), found="live-activations"),
    case("copies", lambda mb, x: mb.relu(x=x), (1, 64, 256, 128), found="copies"),
    case("products", lambda mb, x: mb.linear(x=x, weight=weight(1800, 1800)), (1800, 1800), found="large-chip",
         chip="M2 Ultra"),
    case("products on a phone", lambda mb, x: mb.linear(x=x, weight=weight(1800, 1800)), (1800, 1800), chip="A16",
         found="", absent="large-chip all-units"),
    case("caches", _grow, (1, 8, 1, 64), (1, 8, 63, 64), (1, 8, 63, 64), found="caches"),
    case("two states", _remember, (1, 64), found="states", absent="many-states newer-than-needed", opset=18,
         dtype=np.float16, states=((1, 64),) * 2),
    case("three states", _remember, (1, 64), found="many-states", absent="states", opset=18, dtype=np.float16,
         states=((1, 64),) * 3),
    case("mask", lambda mb, x: mb.add(x=x, y=np.array([0, -np.inf], np.float32)), (1, 2), found="infinite-masks"),
    case("finite mask", lambda mb, x: mb.add(x=x, y=np.array([0, -1e4], np.float32)), (1, 2), found="",
         absent="infinite-masks large-constants"),
    case("constant", lambda mb, x: mb.mul(x=x, y=np.array([1, 70000], np.float32)), (1, 2), found="large-constants"),
    case("RMS norm", lambda mb, x: _norm(mb, x, 1e-6), (1, 64), found="unscaled-squares tiny-roots"),
    case("RMS norm, guarded", lambda mb, x: _norm(mb, x, 1e-3, True), (1, 64), found="",
         absent="unscaled-squares tiny-roots"),
    case("tokens", _tokens, (1, 4), found="many-tokens", dtype=np.int32),
    case("slice on an M2", _slice, (1, 4, 4128), found="wide-slices", chip="M2 Pro"),
    case("slice on an M5", _slice, (1, 4, 4128), found="", absent="wide-slices", chip="M5"),
    case("newer", lambda mb, x: mb.relu(x=x), (1, 64), found="newer-than-needed", opset=17),
]  # fmt: skip


def _ids(path: Path, chip: str = "M1") -> list[str]:
    return [finding.id for finding in advise(path, chip).findings]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_is_found(case: Case, tmp_path: Path) -> None:
    path = write(tmp_path / "model.mlpackage", case.build, *case.shapes, **dict(case.options))
    found = _ids(path, case.chip)
    assert set(case.found) <= set(found)
    assert not set(case.absent) & set(found)


@pytest.mark.parametrize(
    ("shapes", "opset", "want"),
    [
        (((1, range(1, 65)),), 15, "ranges"),
        (([(1, 8), (1, 16)],), 15, "enumerated"),
        (([(2, 8), (2, 16)], [(3, 8), (3, 16)]), 18, "several-enumerated"),
        (((1, 8),), 15, None),
    ],
)
def test_shapes_that_move(shapes: Any, opset: int, want: str | None, tmp_path: Path) -> None:
    class Sum(nn.Module):
        def forward(self, *x: Any) -> Any:
            return sum(each.mean() + each.relu() * 0 for each in x) if len(x) == 1 else x[0].mean(0) + x[1].mean(0)

    found = _ids(trace(tmp_path / "model.mlpackage", Sum(), *shapes, opset=opset))
    assert {"ranges", "enumerated", "several-enumerated"} & set(found) == ({want} if want else set())


def test_a_breaker_says_what_it_costs(tmp_path: Path) -> None:
    advice = advise(write(tmp_path / "model.mlpackage", _twice, PICTURE))
    (finding,) = [each for each in advice.findings if each.id == "breaks-regions"]
    assert len(finding.where) == 2
    assert "2 times" in finding.title
    assert "4 of them are due to cumsum alone" in finding.why
    assert "lower triangle" in finding.change


@pytest.mark.parametrize(
    ("check", "limit"), [("large_weights", 10), ("many_operations", 1), ("warm_up", 10), ("moving_data", 1)]
)
def test_limits(check: str, limit: float, tmp_path: Path) -> None:
    def build(mb: Any, x: Any) -> Any:
        return mb.transpose(x=_conv(mb, mb.transpose(x=x, perm=[0, 1, 3, 2])), perm=[0, 1, 3, 2])

    advice = advise(write(tmp_path / "model.mlpackage", build, PICTURE))
    view = View(advice.subject, advice.chip, advice.units, advice.placement, limit)
    assert list(CHECKS[check](view))
    assert not list(CHECKS[check](view._replace(limit=1e12)))


def test_findings_are_plain_data_the_largest_effect_first(tmp_path: Path) -> None:
    path = write(tmp_path / "model.mlpackage", _middle, (8, 8, 16, 32), precision="FLOAT32")
    findings = json.loads(json.dumps(advise(path).as_dict()))["findings"]
    ranks = {row.id: row.rank for row in rows()}
    assert findings[0]["id"] == "float32"
    assert findings[0]["fixable"]
    assert findings[0]["sources"] == ["CT", "VX", "CA"]
    assert [ranks[each["id"]] for each in findings] == sorted(ranks[each["id"]] for each in findings)


def test_the_table() -> None:
    assert len({row.id for row in rows()}) == len(rows())
    assert {row.check for row in rows()} == CHECKS.keys()
    for row in rows():
        assert all(address(source) for source in row.evidence.sources)
        assert row.evidence.sources


def test_what_sources_contradict_each_other_about_is_said() -> None:
    for row in rows():
        assert (row.evidence.confidence == "X") == ("sources contradict each other" in row.why), row.id


def test_nothing_claims_to_know_where_it_runs(tmp_path: Path) -> None:
    advice = advise(write(tmp_path / "model.mlpackage", _middle, PICTURE))
    said = [text for row in rows() for text in (row.title, row.why, row.change)]
    said += [text for finding in advice.findings for text in (finding.title, finding.why, finding.change)]
    assert not [text for text in said if "runs on the Neural Engine" in text or "run on the Neural Engine" in text]


def _network(spec: Any) -> None:
    spec.neuralNetwork.layers.add(name="relu", input=["x"], output=["y"]).activation.ReLU.SetInParent()


def _regressor(spec: Any) -> None:
    spec.glmRegressor.weights.add().value.append(2.0)


@pytest.mark.parametrize(
    ("fill", "want", "model_type"),
    [(_network, ["neural-network"], "neuralNetwork"), (_regressor, ["no-network"], "glmRegressor")],
)
def test_what_is_no_program(fill: Callable[[Any], None], want: list[str], model_type: str, tmp_path: Path) -> None:
    from coremltools.proto.Model_pb2 import Model

    spec = Model(specificationVersion=4)
    fill(spec)
    path = tmp_path / "model.mlmodel"
    path.write_bytes(spec.SerializeToString())
    advice = advise(path)
    assert [finding.id for finding in advice.findings] == want
    assert advice.summary == f"A model of type {model_type}: where its parts run is unknown."
    assert not advice.estimates
    assert page(advice).startswith("<!")
    assert sarif(advice)["runs"][0]["results"][0]["ruleId"] == want[0]


@pytest.mark.parametrize(
    ("model", "want"),
    [
        ("basic-pitch/nmp.mlpackage", {"float32", "long-axis"}),
        ("dtln-aec/DTLN_AEC_128_Part1.mlpackage", {"float32", "ranges", "control-flow"}),
        ("cardscan/FindFour.mlmodelc", {"neural-network"}),
        ("silero-vad/silero-vad-unified-v6.0.0.mlpackage", {"breaks-regions", "float32-recurrent"}),
    ],
)
def test_real_models(model: str, want: set[str]) -> None:
    assert want <= set(_ids(shared_model(model)))

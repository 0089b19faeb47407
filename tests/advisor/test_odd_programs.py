"""Programs that are out of the ordinary are advised about too, or refused in words."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tensorlogic.advisor import advise
from tensorlogic.errors import TensorLogicError
from tests.advisor.texts import write
from tests.conftest import SHARED_MODELS

STATE = "state<tensor<fp16, [1, 8]>> kept, tensor<fp16, [1, 8]> x"

# The operations that give y from a tensor<fp16, [1, 8]> x, or the whole of it; and the verdict on each that computes.
ODD: dict[str, tuple[dict[str, Any], list[str]]] = {
    "no operations": ({"body": "", "output": "x"}, []),
    "constants only": (
        {"body": "tensor<fp16, [1]> y = const()[val = tensor<fp16, [1]>([0x1p+0])];", "inputs": ""},
        [],
    ),
    "an operation that nobody knows": ({"body": "tensor<fp16, [1, 8]> y = wonder(x = x);"}, ["unknown"]),
    "one of its kind with blocks": (
        {
            "body": "tensor<fp16, [1, 8]> y = wonder(x = x) (tensor<fp16, [1, 8]> a) "
            "{ tensor<fp16, [1, 8]> b = relu(x = a); } -> (b);"
        },
        ["unknown"],
    ),
    "a branch": (
        {
            "body": "bool up = const()[val = bool(true)];"
            "tensor<fp16, [1, 8]> y = cond(pred = up)"
            "() { tensor<fp16, [1, 8]> a = relu(x = x); } -> (a), () {} -> (x);"
        },
        ["no"],
    ),
    "a loop in a loop, and what follows": (
        {
            "body": "tensor<fp16, [1, 8]> z = while_loop(loop_vars = x)"
            "(tensor<fp16, [1, 8]> a) { bool on = const()[val = bool(false)]; } -> (on),"
            "(tensor<fp16, [1, 8]> b) { tensor<fp16, [1, 8]> c = while_loop(loop_vars = b)"
            "(tensor<fp16, [1, 8]> d) { bool again = const()[val = bool(false)]; } -> (again),"
            "(tensor<fp16, [1, 8]> e) { tensor<fp16, [1, 8]> f = relu(x = e); } -> (f); } -> (c);"
            "tensor<fp16, [1, 8]> y = relu(x = z);"
        },
        ["no", "no"],
    ),
    "sizes that are not known": (
        {"body": "tensor<fp16, [?, 8]> y = relu(x = x);", "inputs": "tensor<fp16, [?, 8]> x"},
        ["no"],
    ),
    "no elements": (
        {"body": "tensor<fp16, [0, 8]> z = relu(x = x); tensor<fp16, [1, 8]> y = relu(x = z);"},
        ["yes", "yes"],
    ),
    "no axes": ({"body": "fp16 z = reduce_sum(x = x); tensor<fp16, [1, 8]> y = add(x = x, y = z);"}, ["yes", "yes"]),
    "more elements than a memory holds": (
        {
            "body": f"tensor<fp16, [{', '.join(['1000000000000000000'] * 30)}]> z = relu(x = x);"
            "tensor<fp16, [1, 8]> y = relu(x = z);"
        },
        ["no", "no"],
    ),
    "texts": (
        {"body": 'string s = wonder(x = x); tensor<fp16, [1, 8]> y = wonder(x = x, y = s, z = string("text"));'},
        ["unknown", "unknown"],
    ),
    "lists": (
        {
            "body": "list<tensor<fp16, [8]>, ?> l = make_list(init_length = int32(1), dynamic_length = bool(true), "
            'dtype = string("fp16"), elem_shape = int32(8));'
            "int32 n = list_length(ls = l); tensor<fp16, [1, 8]> y = relu(x = x);"
        },
        ["no", "no", "yes"],
    ),
    "dictionaries and tuples": (
        {
            "body": "dict<string, fp32> d = wonder(x = x); tuple<fp32, string> t = wonder(x = d);"
            "tensor<fp16, [1, 8]> y = wonder(x = t);"
        },
        ["unknown", "unknown", "unknown"],
    ),
    "a state": (
        {
            "body": "tensor<fp16, [1, 8]> y = read_state(input = kept); write_state(input = kept, data = x);",
            "inputs": STATE,
        },
        ["yes", "yes"],
    ),
    "a state that is never read": ({"body": "tensor<fp16, [1, 8]> y = relu(x = x);", "inputs": STATE}, ["yes"]),
    "results that are not used": (
        {"body": "tensor<fp16, [1, 8]> z = relu(x = x); tensor<fp16, [1, 8]> y = relu(x = x);"},
        ["yes", "yes"],
    ),
    "several results": (
        {
            "body": "tensor<fp16, [1, 4]> a, tensor<fp16, [1, 4]> b = split(x = x, num_splits = int32(2), "
            "axis = int32(1)); tensor<fp16, [1, 8]> y = concat(values = (a, b), axis = int32(1), "
            "interleave = bool(false));"
        },
        ["yes", "yes"],
    ),
    "an equation that makes no sense": (
        {"body": 'tensor<fp16, [1, 8]> y = einsum(equation = string("->,->"), values = (x, x, x));'},
        ["yes"],
    ),
    "several answers to a question": (
        {
            "body": "tensor<fp16, [1, 8]> y = matmul(x = x, y = x, transpose_x = "
            "tensor<bool, [2]>([true, false]), transpose_y = bool(false));"
        },
        ["no"],
    ),
    "a type with its opset before it": (
        {"body": "tensor<fp16, [1, 8]> y = ios18.relu(x = x);"},
        ["unknown"],
    ),
    "weights of no tensor": (
        {"body": "tensor<fp16, [1, 8]> y = linear(x = x, weight = string(\"none\"), bias = fp16(0x0p+0));"},
        ["yes"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("units", ["all", "cpu_only"])
@pytest.mark.parametrize("name", ODD)
def test_odd_programs(name: str, units: Any, tmp_path: Path) -> None:
    program, verdicts = ODD[name]
    advice = advise(write(tmp_path / "m.mlmodelc", **program), units=units)
    assert [placed.eligibility.verdict for placed in advice.placement.operations] == verdicts
    assert json.loads(json.dumps(advice.as_dict()))["summary"] == advice.summary


def every_model() -> list[Path]:
    """Every model of the shared collection, of any kind, by its place in it."""
    kinds = (".mlpackage", ".mlmodelc", ".mlmodel", ".safetensors", ".onnx")
    return [path.relative_to(SHARED_MODELS) for path in sorted(SHARED_MODELS.rglob("*")) if path.suffix in kinds]


POOL = (
    "tensor<fp16, [1, 2, 2, 2]> z = relu(x = x);"
    'tensor<fp16, [1, 8]> y = max_pool(x = z, strides = int32(1), pad_type = string("valid"), pad = int32(0), '
    "ceil_mode = bool(false), kernel_sizes = {});"
)


@pytest.mark.parametrize("sizes", ['string("large")', "fp32(nan)", "fp16(inf)", 'tensor<string, [2]>(["a", "b"])'])
def test_windows_that_are_no_integers(sizes: str, tmp_path: Path) -> None:
    assert len(advise(write(tmp_path / "m.mlmodelc", POOL.format(sizes))).placement.operations) == 2


@pytest.mark.skipif(not SHARED_MODELS.is_dir(), reason="the shared models are not on this machine")
def test_real_models_are_advised_about_or_refused() -> None:
    refused = set()
    for relative in every_model():
        try:
            advice = advise(SHARED_MODELS / relative)
        except TensorLogicError:
            refused.add(relative.suffix)
        else:
            is_program = advice.subject.model_type == "mlProgram"
            assert len(json.dumps(advice.as_dict())) > len(advice.placement.operations) >= is_program
    assert refused <= {".mlmodel", ".mlmodelc", ".safetensors", ".onnx"}


def test_models_that_the_tests_make(package: Path, compiled: Path, stateful_package: Path, compressed: Path) -> None:
    for path in (package, compiled, stateful_package, compressed):
        assert advise(path).placement.operations


def chain(length: int) -> str:
    """Operations one after the other, every tenth one that the Neural Engine does not take, all of them used again."""
    lines, last = [], "x"
    for index in range(length):
        kind = "cumsum" if index % 10 == 0 else "add"
        given = f"x = {last}, axis = int32(1), exclusive = bool(false), reverse = bool(false)"
        lines.append(f"tensor<fp16, [1, 8]> v{index} = {kind}({given if kind == 'cumsum' else f'x = {last}, y = x'});")
        last = f"v{index}"
    return "\n".join([*lines, f"tensor<fp16, [1, 8]> y = relu(x = {last});"])


def calls(path: Path) -> int:
    """How many functions are called to advise about a model."""
    count = 0

    def called(frame: Any, event: str, argument: Any) -> None:
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(called)
    try:
        advise(path)
    finally:
        sys.setprofile(before)
    return count


def test_the_steps_grow_with_the_operations(tmp_path: Path) -> None:
    """Four times as many operations take four times as many steps: 3,000 are no matter of minutes."""
    short, long, longest = (write(tmp_path / f"{length}.mlmodelc", chain(length)) for length in (300, 1200, 3000))
    advise(short)  # tables are read once
    assert calls(long) < 4.4 * calls(short)
    placement = advise(longest).placement
    assert (len(placement.operations), len(placement.regions)) == (3001, 600)

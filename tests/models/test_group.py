"""Tensors of models by their names: as attributes, by index, in other types."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch

import tensorlogic as tl
from tensorlogic.errors import codes
from tests.runtime.harness import failure, output

NAMES = (
    *("token_embd.weight", "blk.0.attn_q.weight", "blk.1.attn_q.weight", "blk.10.attn_q.weight", "blk.2.attn_q.weight"),
    *(
        "layer-1.weight",
        "net.0.bias",
        "net.2.bias",
        "metadata",
        "tail",
        "tail.end",
        "_hidden",
        "mixed.0",
        "mixed.norm",
        "7.weight",
    ),
)
TENSORS = {name: torch.tensor([float(index)]) for index, name in enumerate(NAMES)}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    safetensors.torch.save_file(TENSORS, tmp_path / "m.safetensors")
    return tmp_path / "m.safetensors"


@pytest.fixture
def model(path: Path) -> tl.Model:
    return tl.load_model(path)


REACHED = {
    "token_embd.weight": lambda m: m.token_embd.weight,
    "blk.10.attn_q.weight": lambda m: m.blk[-1].attn_q.weight,
    "blk.2.attn_q.weight": lambda m: list(m.blk)[2].attn_q.weight,
    "blk.1.attn_q.weight": lambda m: m.blk[np.int64(1)].attn_q["weight"],
    "net.2.bias": lambda m: m.net[2].bias,
    "tail.end": lambda m: m.tail.end,
    "mixed.norm": lambda m: m.mixed.norm,
    "mixed.0": lambda m: m.mixed["0"],
    "layer-1.weight": lambda m: m["layer-1"].weight,
    "7.weight": lambda m: m[7].weight,
}


@pytest.mark.parametrize("name", REACHED)
def test_reached_by_attributes(model: tl.Model, name: str) -> None:
    assert torch.equal(REACHED[name](model), TENSORS[name])


def test_what_the_model_has_goes_first(model: tl.Model) -> None:
    assert model.metadata.format == "SafeTensors"
    assert model.get_tensor("metadata") == TENSORS["metadata"]
    assert model.get_tensor("tail") == TENSORS["tail"]


def test_groups_tell_what_they_hold(model: tl.Model) -> None:
    assert (len(model.blk), len(model.net), len(model.mixed)) == (4, 2, 1)
    assert repr(model.blk) == "model.blk: 0, 1, 2, 10"
    assert list(model.blk[0]) == ["attn_q"]
    assert {"blk", "token_embd", "predict"} <= set(dir(model))
    assert (2 in model.net, 1 in model.net, "attn_q" in model.blk[0]) == (True, False, True)
    assert not hasattr(model, "weight") and not hasattr(model, "__len__")
    with pytest.raises(TypeError, match="not iterable"):
        list(model)
    assert copy.copy(model.blk).__class__ is model.blk.__class__


MISSING = [
    (lambda m: m.blkk, AttributeError, "did you mean 'blk'"),
    (lambda m: m.blk[0].attn_k, AttributeError, "model.blk[0] has no member 'attn_k'; did you mean 'attn_q'"),
    (lambda m: m.net[1], tl.TensorLogicError, "It has 0, 2."),
    (lambda m: m.blk[-12], tl.TensorLogicError, "It has 0, 1, 2, 10."),
    (lambda m: m._hidden, AttributeError, "_hidden"),
]


@pytest.mark.parametrize(("reach", "error", "says"), MISSING)
def test_what_is_missing_is_named(model: tl.Model, reach, error: type[Exception], says: str) -> None:
    with pytest.raises(error) as caught:
        reach(model)
    assert says in str(caught.value)


DTYPES = [("float16", torch.float16), ("bf16", torch.bfloat16), (torch.int8, torch.int8), (np.float64, torch.float64)]


@pytest.mark.parametrize(("asked", "want"), DTYPES)
def test_another_type(model: tl.Model, asked, want: torch.dtype) -> None:
    assert torch.equal(model.get_tensor("net.2.bias", "torch", asked), torch.tensor([7], dtype=want))


def test_types_of_numpy(model: tl.Model) -> None:
    assert model.get_tensor("net.2.bias", dtype=np.dtype("int16")).dtype == np.int16
    with pytest.raises(tl.TensorLogicError, match='framework="torch"'):
        model.get_tensor("net.2.bias", dtype="bfloat16")
    with pytest.raises(tl.TensorLogicError, match="Did you mean float32") as caught:
        model.get_tensor("net.2.bias", dtype="flot32")
    assert caught.value.code == codes.UNSUPPORTED_TYPE


PROGRAMS = {
    "print(m.blk[1].attn_q.weight, len(m.blk))": "[2.0] 4",
    "for b in m.blk { print(b.attn_q.weight) }": "[1.0]\n[2.0]\n[4.0]\n[3.0]",
    "for name in m.blk[0] { print(name) }": "attn_q",
    "let i = 2 print(m.net[i].bias @ m.net[i].bias)": "49.0",
    'print(m.get_tensor("tail", dtype: "float16").dtype, m.tail)': "float16 model.tail: end",
    'print(get_tensor(m, "tail", dtype: "f64").dtype)': "float64",
    "print(m.blk[0].attn_q.weight.shape, m.metadata.format)": "[1] SafeTensors",
    'print(m["layer-1"].weight, m[7].weight)': "[5.0] [14.0]",
    "print(m.blk)": "model.blk: 0, 1, 2, 10",
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_in_programs(path: Path, program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    assert output(f'm = load_model("m.safetensors")\n{program}') == PROGRAMS[program]


FAILURES = [
    ("m.blkk", codes.NO_MEMBER, "`blk`"),
    ("m.blk[0].attn_k", codes.NO_MEMBER, "`attn_q`"),
    ("m.blk[5]", codes.UNKNOWN_TENSOR, "It has 0, 1, 2, 10."),
    ("m.blk[0].__class__", codes.NO_MEMBER, "attn_q"),
    ("m.blk._tree", codes.NO_MEMBER, "10"),
    ("m.blk._read", codes.NO_MEMBER, "10"),
    ("m._file", codes.NO_MEMBER, "metadata"),
    ('m.get_tensor("tail", dtype: "flot32")', codes.UNSUPPORTED_TYPE, "float32"),
]


@pytest.mark.parametrize(("expression", "code", "help"), FAILURES)
def test_failures_in_programs(path: Path, expression: str, code, help: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    found = failure(f'm = load_model("m.safetensors")\nprint({expression})')
    assert (found.code, help in str(found.help)) == (code, True), found

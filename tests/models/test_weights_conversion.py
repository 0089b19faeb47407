"""Weights from SafeTensors to GGUF and back: types, metadata, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest
import safetensors.torch
import torch
from gguf import GGMLQuantizationType as Kind
from gguf import GGUFValueType as Value
from gguf.quants import dequantize, quantize

import tensorlogic as tl
from tensorlogic.errors import codes
from tensorlogic.models.conversion import convert_weights
from tests.models.test_gguf import describe, matrix, write

FLOATS = torch.randn(6, 64)
VECTOR = torch.randn(64)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source.safetensors"
    tensors = {"w": FLOATS, "norm": VECTOR, "odd": torch.ones(3, 5), "ids": torch.arange(4)}
    safetensors.torch.save_file(tensors, path, {"format": "pt", "note": "hello"})
    return path


def read(path: Path) -> dict[str, gguf.ReaderTensor]:
    """The tensors as the package's own reader finds them."""
    return {tensor.name: tensor for tensor in gguf.GGUFReader(path).tensors}


# The type that is asked for, and those of the matrix, the vector and the matrix with rows of 5.
TYPES = [
    (None, Kind.F32, Kind.F32, Kind.F32),
    ("F32", Kind.F32, Kind.F32, Kind.F32),
    ("f16", Kind.F16, Kind.F32, Kind.F16),
    ("BF16", Kind.BF16, Kind.F32, Kind.BF16),
    ("Q8_0", Kind.Q8_0, Kind.F32, Kind.F16),
    ("q4_0", Kind.Q4_0, Kind.F32, Kind.F16),
]


@pytest.mark.parametrize(("type_", "wide", "vector", "odd"), TYPES)
def test_to_gguf(type_: str | None, wide: Kind, vector: Kind, odd: Kind, source: Path, tmp_path: Path) -> None:
    path = tmp_path / "made.gguf"
    made = convert_weights(source, path, type_)
    found = read(path)
    assert {name: found[name].tensor_type for name in found} == {"w": wide, "norm": vector, "odd": odd, "ids": Kind.I64}
    assert (made.format, made.tensors, made.size) == ("GGUF", 4, path.stat().st_size)
    quantized = quantize(FLOATS.numpy(), wide)
    np.testing.assert_array_equal(
        np.asarray(found["w"].data).reshape(-1).view(np.uint8), quantized.reshape(-1).view(np.uint8)
    )
    np.testing.assert_array_equal(found["ids"].data, np.arange(4))
    said = tl.load_model(path).metadata
    assert (said.architecture, said.user_defined["note"]) == ("unknown", "hello")


@pytest.mark.parametrize("type_", [None, "F32", "F16", "BF16"])
@pytest.mark.parametrize("kind", [Kind.F32, Kind.F16, Kind.BF16, Kind.Q8_0, Kind.Q4_0], ids=lambda kind: kind.name)
def test_from_gguf(kind: Kind, type_: str | None, tmp_path: Path) -> None:
    data = matrix(kind)
    source = write(tmp_path / "source.gguf", {"w": (kind, data)}, more=describe)
    convert_weights(source, tmp_path / "made.safetensors", type_)
    got = safetensors.torch.load_file(tmp_path / "made.safetensors")["w"]
    native = {Kind.F16: torch.float16, Kind.BF16: torch.bfloat16}.get(kind, torch.float32)
    named = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}
    assert got.dtype == (native if type_ is None else named[type_])
    assert torch.equal(got, torch.from_numpy(dequantize(data.reshape(len(data), -1), kind)).to(got.dtype))


def every_value(writer: gguf.GGUFWriter) -> None:
    describe(writer)
    for kind, value in [
        (Value.UINT8, 255), (Value.INT8, -1), (Value.UINT16, 65535), (Value.INT16, -2), (Value.INT32, -3),
        (Value.UINT64, 2**64 - 1), (Value.INT64, -(2**63)), (Value.FLOAT64, 0.1), (Value.BOOL, True),
    ]:  # fmt: skip
        writer.add_key_value(f"my.{kind.name.lower()}", value, kind)
    writer.add_array("my.floats", [0.5, float("inf")])
    writer.add_key_value("my.bytes", [1, 2], Value.ARRAY, Value.UINT8)
    writer.add_custom_alignment(64)


def test_metadata_is_the_same_there_and_back(tmp_path: Path) -> None:
    first = write(tmp_path / "first.gguf", {"w": (Kind.Q4_0, matrix(Kind.Q4_0))}, 2, every_value)
    convert_weights(first, tmp_path / "between.safetensors")
    second = tmp_path / "second.gguf"
    convert_weights(tmp_path / "between.safetensors", second, "Q4_0")
    before, after = (gguf.GGUFReader(path).fields for path in (first, second))
    kept = {name for name in before if not name.startswith("GGUF.")}
    assert kept == {name for name in after if not name.startswith("GGUF.")} - {"general.quantization_version"}
    for name in kept:
        assert (before[name].types, before[name].contents()) == (after[name].types, after[name].contents()), name
    text = tl.load_model(tmp_path / "between.safetensors").metadata.user_defined
    assert (text["llama.context_length"], text["tokenizer.ggml.tokens"]) == ("2048", '["<s>", "a", "b"]')
    assert tl.load_model(second).metadata.quantization == "Q4_0"


REFUSED: list[tuple[dict[str, Any], str, str | None, Any, str]] = [
    ({"w": torch.ones(2, dtype=torch.uint8)}, "made.gguf", None, codes.UNSUPPORTED_TYPE, "uint8 tensor 'w'"),
    ({"w": torch.ones(1, 1, 1, 1, 1)}, "made.gguf", None, codes.CANNOT_WRITE, "5 axes"),
    ({"w": torch.full((2, 2), 1e6)}, "made.gguf", "F16", codes.CANNOT_WRITE, "65504"),
    ({"w": torch.full((2, 2), 1e6)}, "made.safetensors", "F16", codes.CANNOT_WRITE, "65504"),
    ({"w": torch.ones(2, 2)}, "made.gguf", "Q9", codes.UNKNOWN_OPTION, "Q8_0, Q4_0"),
    ({"w": torch.ones(2, 2)}, "made.safetensors", "Q8_0", codes.UNKNOWN_OPTION, ".gguf"),
    ({"w": torch.ones(2, 2)}, "made.onnx", "F16", codes.CANNOT_WRITE, ".gguf or .safetensors"),
    ({"w": torch.ones(2, 2)}, "nowhere/made.gguf", None, codes.CANNOT_WRITE, "no folder"),
]


@pytest.mark.parametrize(("tensors", "name", "type_", "code", "says"), REFUSED)
def test_refused(tensors: dict, name: str, type_: str | None, code, says: str, tmp_path: Path) -> None:
    safetensors.torch.save_file(tensors, tmp_path / "source.safetensors")
    with pytest.raises(tl.TensorLogicError, match=says) as caught:
        convert_weights(tmp_path / "source.safetensors", tmp_path / name, type_)
    assert caught.value.code == code
    assert [path.name for path in tmp_path.iterdir()] == ["source.safetensors"]


# What stands under gguf.types and as the value, in a file that is damaged or made by hand.
DAMAGED = [
    ("{", "1"), ("[]", "1"), ("[" * 100_000, "1"), ('{"a": "UINT8"}', "256"), ('{"a": "UINT8"}', "true"),
    ('{"a": "UINT8"}', "x"), ('{"a": "FLOAT32"}', '"1"'), ('{"a": "ARRAY"}', "[]"), ('{"a": "ARRAY UINT8"}', "[-1]"),
    ('{"a": "ARRAY ARRAY"}', "[[1]]"), ('{"a": "WORD"}', "1"), ('{"a": 7}', "1"), ('{"a": "STRING"}', "1"),
    ('{"general.alignment": "UINT32"}', "1"), ('{"general.architecture": "UINT8"}', "1"),
]  # fmt: skip


@pytest.mark.parametrize(("types", "value"), DAMAGED)
def test_damaged_metadata(types: str, value: str, tmp_path: Path) -> None:
    texts = {"gguf.types": types, "a": value, "general.alignment": "24", "general.architecture": "7"}
    safetensors.torch.save_file({"w": torch.ones(2)}, tmp_path / "source.safetensors", texts)
    with pytest.raises(tl.TensorLogicError):
        convert_weights(tmp_path / "source.safetensors", tmp_path / "made.gguf")
    assert not (tmp_path / "made.gguf").exists()


def test_command(source: Path, tmp_path: Path) -> None:
    from tests.cli.test_cli import tl as command

    done = command("convert", source, "made.gguf", "--type", "q8_0", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    assert (made["format"], made["tensors"], made["storages"]) == ("GGUF", 4, {"Q8_0": 1, "F32": 1, "F16": 1, "I64": 1})
    said = command("inspect", "made.gguf", cwd=tmp_path)
    assert said.returncode == 0, said.stderr
    for words in ("GGUF", "hello", "Q8_0", "unknown"):
        assert words in said.stdout
    back = command("convert", "made.gguf", "back.safetensors", cwd=tmp_path)
    assert "back.safetensors: SafeTensors, 4 tensors" in back.stdout

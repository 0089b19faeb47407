"""How the tensors of two models differ."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from gguf import GGMLQuantizationType, GGUFWriter, quants

import tensorlogic as tl
from tensorlogic.models.differences import compare_models, measure
from tests.cli.test_cli import tl as command

NAN, INF = math.nan, math.inf
F8 = torch.float8_e4m3fn
T = torch.tensor
# Two tensors, how many elements differ, the largest difference, and the largest as a part of the larger element.
DISTANCES = {
    "the same": (T([1.0, -2.0]), T([1.0, -2.0]), (0, 0, 0)),
    "values": (T([1.0, -2.0, 8.0]), T([1.5, -2.0, 9.0]), (2, 1, 1 / 3)),
    "signs": (T([1.0]), T([-1.0]), (1, 2, 2)),
    "zeros": (T([0.0, 0.0]), T([-0.0, 1e-30]), (1, 1e-30, 1)),
    "types": (T([0.1]).half(), T([0.1]), (1, abs(float(np.float16(0.1)) - float(np.float32(0.1))), 2.44e-4)),
    "both are nan": (T([NAN, INF, -INF]), T([NAN, INF, -INF]), (0, 0, 0)),
    "one is nan": (T([NAN, 1.0]), T([1.0, 1.5]), (2, INF, INF)),
    "one is infinite": (T([INF]), T([-INF]), (1, INF, INF)),
    "large integers": (T([1 << 62]), T([(1 << 62) + 1]), (1, 0, 0)),
    "booleans": (T([True, False]), T([True, True]), (1, 1, 1)),
    "eight bits": (T([1.0, 2.0]).to(F8), T([1.0, 3.0]).to(F8), (1, 1, 1 / 3)),
    "bfloat16": (T([1.0]).bfloat16(), T([2.0]), (1, 1, 0.5)),
    "complex": (T([3 + 4j]), T([0j]), (1, 5, 1)),
    "empty": (torch.empty(0), torch.empty(0), (0, 0, 0)),
    "scalars": (T(3), T(5), (1, 2, 0.4)),
    "in parts": (torch.zeros(3 << 20), torch.arange(3 << 20).remainder(7) * 1.0, (2696338, 6, 1)),
}


@pytest.mark.parametrize("name", DISTANCES)
def test_distances(name: str) -> None:
    a, b, (different, absolute, relative) = DISTANCES[name]
    for left, right in ((a, b), (b, a)):
        found = measure(left, right)
        assert found.different == different
        assert (found.absolute, found.relative) == pytest.approx((absolute, relative), rel=1e-2, abs=0)


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    same = {"same": np.arange(3.0), "nan": np.array([NAN])}
    a = same | {
        "w": np.ones((2, 2), np.float32),
        "v": np.zeros(3),
        "shape": np.ones((2, 3)),
        "type": np.ones(2, np.int8),
    }
    b = same | {"w": np.eye(2, dtype=np.float32), "u\x1b[31m[red]": np.zeros(3), "shape": np.ones((3, 2))}
    tl.save_model(a, tmp_path / "a.safetensors")
    tl.save_model(b | {"type": np.ones(2, np.uint8)}, tmp_path / "b.safetensors")
    return tmp_path / "a.safetensors", tmp_path / "b.safetensors"


def test_all_that_differs_is_found(files: tuple[Path, Path]) -> None:
    seen: list[tuple[str, int, int]] = []
    found = compare_models(*map(tl.load_model, files), lambda *told: seen.append(told))
    assert (list(found.only_a), list(found.only_b), found.same) == (["v"], ["u\x1b[31m[red]"], 2)
    assert [each.name for each in found.changed] == ["shape", "w", "type"]
    assert found.changed[0].distance is None
    assert [(d.different, d.absolute) for each in found.changed[1:] if (d := each.distance)] == [(2, 1), (0, 0)]
    assert [(done, of) for _, done, of in seen] == [(i, 5) for i in range(5)]


def test_models_of_other_formats(package: Path, tmp_path: Path) -> None:
    tl.save_model(tl.load_model(package), tmp_path / "m.safetensors")
    found = compare_models(tl.load_model(package), tl.load_model(tmp_path / "m.safetensors"))
    assert not found and found.same > 0


def test_quantized_weights_are_compared_by_what_they_stand_for(tmp_path: Path) -> None:
    w = np.random.default_rng(1).standard_normal((4, 64)).astype(np.float32)
    tl.save_model({"w": w}, tmp_path / "w.safetensors")
    writer = GGUFWriter(tmp_path / "w.gguf", "llama")
    packed = quants.quantize(w, GGMLQuantizationType.Q4_0)
    writer.add_tensor("w", packed, raw_dtype=GGMLQuantizationType.Q4_0)
    for write in (
        writer.write_header_to_file,
        writer.write_kv_data_to_file,
        writer.write_tensors_to_file,
        writer.close,
    ):
        write()
    apart = np.abs(w - quants.dequantize(packed, GGMLQuantizationType.Q4_0))
    (found,) = compare_models(*map(tl.load_model, (tmp_path / "w.safetensors", tmp_path / "w.gguf"))).changed
    assert (found.a.storage, found.b.storage) == ("F32", "Q4_0")
    assert found.distance is not None
    assert (found.distance.different, found.distance.absolute) == (np.count_nonzero(apart), apart.max())


def test_the_command(files: tuple[Path, Path]) -> None:
    done = command("diff", *files)
    assert done.returncode == 1
    assert all(word in done.stdout for word in ("Only in", "F64", "[2, 3] → [3, 2]", "I8 → U8", "[red]"))
    assert "Tensors: 2 the same, 3 different, 2 in one model only." in done.stdout
    assert "\x1b" not in done.stdout + done.stderr
    said = json.loads(command("diff", *files, "--json").stdout)
    assert (said["different"], said["same"], list(said["only_a"])) == (True, 2, ["v"])
    assert said["changed"][1] == {
        "name": "w", "a": {"dtype": "float32", "shape": [2, 2], "storage": "F32"},
        "b": {"dtype": "float32", "shape": [2, 2], "storage": "F32"},
        "different": 2, "absolute": 1.0, "relative": 1.0,
    }  # fmt: skip


def test_the_command_of_the_same(files: tuple[Path, Path]) -> None:
    done = command("diff", files[0], files[0])
    assert (done.returncode, done.stdout, done.stderr) == (
        0,
        "Tensors: 6 the same, 0 different, 0 in one model only.\n",
        "",
    )
    assert command("diff", files[0], "nothing").returncode == 2

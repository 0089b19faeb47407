"""SafeTensors files of other programs, read; and files of ours, read by those."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors
import safetensors.numpy
import safetensors.torch
import torch
from transformers import LlamaConfig, LlamaForCausalLM

import tensorlogic as tl
from tensorlogic.errors import UsageError, codes
from tests.runtime.harness import failure, output

NAMES = ("float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool",
         "uint16", "uint32", "uint64", "complex64", "float8_e4m3fn", "float8_e5m2", "float8_e8m0fnu",
         "float8_e4m3fnuz", "float8_e5m2fnuz")  # fmt: skip
BITS = torch.arange(48, dtype=torch.uint8) * 5


def every_type() -> dict[str, torch.Tensor]:
    """A tensor of each type, of the same bytes; and some of odd shapes."""
    made = {name: BITS.view(getattr(torch, name)) for name in NAMES if name != "bool"}
    return made | {
        "bool": BITS > 100,
        "scalar": torch.tensor(2.5),
        "empty": torch.empty(3, 0, 2),
        "matrix": torch.arange(6.0).reshape(2, 3),
    }


def same(a: torch.Tensor, b: torch.Tensor) -> bool:
    bits = [x.reshape(-1).view(torch.uint8) if x.numel() else x.reshape(0).byte() for x in (a, b)]
    return (a.dtype, a.shape) == (b.dtype, b.shape) and torch.equal(*bits)


def test_read_what_pytorch_wrote(tmp_path: Path) -> None:
    safetensors.torch.save_file(
        {name: value.clone() for name, value in every_type().items()}, tmp_path / "m.safetensors", {"epoch": "3"}
    )
    model = tl.load_model(tmp_path / "m.safetensors")
    assert model.metadata.user_defined == {"epoch": "3"}
    for name, tensor in every_type().items():
        assert same(model.get_tensor(name, "torch"), tensor), name
        assert model.tensors[name].dtype == str(tensor.dtype).removeprefix("torch.")


def test_write_what_pytorch_reads(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    tl.save_model(every_type(), path, metadata={"epoch": "3"})
    read = safetensors.torch.load_file(path)
    assert list(read) and all(same(read[name], tensor) for name, tensor in every_type().items())
    with safetensors.safe_open(path, "pt") as file:
        assert file.metadata() == {"epoch": "3", "format": "pt"}


def test_a_single_element_of_any_stride_is_saved(tmp_path: Path) -> None:
    tensor = torch.tensor(3.0).expand([1]).clone()
    assert tensor.stride() == (0,)
    tl.save_model({"w": tensor}, tmp_path / "m.safetensors")
    assert safetensors.torch.load_file(tmp_path / "m.safetensors")["w"].tolist() == [3]


def test_metadata_is_kept(tmp_path: Path) -> None:
    first, second = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    safetensors.torch.save_file({"w": torch.ones(2)}, first, {"größe": "3", "format": "flax"})
    tl.save_model(tl.load_model(first), second)
    assert tl.load_model(second).metadata.user_defined == {"größe": "3", "format": "flax"}


@pytest.fixture(scope="module")
def llama() -> LlamaForCausalLM:
    torch.manual_seed(1)
    sizes: dict[str, Any] = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "vocab_size": 100}
    return LlamaForCausalLM(LlamaConfig(**sizes, num_attention_heads=4, num_key_value_heads=2))


@pytest.mark.parametrize("most", ["30KB", "5GB"])
def test_read_what_transformers_wrote(llama: LlamaForCausalLM, tmp_path: Path, most: str) -> None:
    llama.save_pretrained(tmp_path, max_shard_size=most)
    assert (tmp_path / "model.safetensors.index.json").exists() == (most == "30KB")
    model = tl.load_model(tmp_path)
    wanted = llama.state_dict()
    assert set(model.tensors) == set(wanted)
    assert all(torch.equal(model.get_tensor(name, "torch"), value) for name, value in wanted.items())
    assert torch.equal(model.model.layers[1].mlp.up_proj.weight, llama.model.layers[1].mlp.up_proj.weight)
    assert model.metadata.config["num_key_value_heads"] == 2
    if most == "30KB":
        assert set(tl.load_model(tmp_path / "model.safetensors.index.json").tensors) == set(wanted)


@pytest.mark.parametrize("most", ["30KB", 40_000, None])
def test_write_what_transformers_reads(llama: LlamaForCausalLM, tmp_path: Path, most: int | str | None) -> None:
    llama.save_pretrained(tmp_path / "theirs")
    tl.save_model(tl.load_model(tmp_path / "theirs"), tmp_path / "ours", max_shard_size=most)
    read = LlamaForCausalLM.from_pretrained(tmp_path / "ours")
    tokens = torch.arange(10).reshape(1, 10)
    with torch.no_grad():
        assert torch.equal(read(tokens).logits, llama(tokens).logits)
    limit = 30_000 if most == "30KB" else 40_000
    sizes = [path.stat().st_size for path in (tmp_path / "ours").glob("*.safetensors")]
    assert len(sizes) == 1 if most is None else len(sizes) > 2 and max(sizes) < limit + 2000


def test_modules_are_saved(llama: LlamaForCausalLM, tmp_path: Path) -> None:
    tl.save_model(llama, tmp_path / "m.safetensors")
    assert set(safetensors.torch.load_file(tmp_path / "m.safetensors")) == set(llama.state_dict())


def test_nested_values_are_saved_by_their_names(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    values = {
        "net": [{"w": np.ones(2, ">f4")}, {"w": torch.zeros(1, requires_grad=True), "b": None}],
        "lr": 0.5,
        "n": [1],
    }
    tl.save_model(values, path)
    read = safetensors.torch.load_file(path)
    assert {name: value.tolist() for name, value in read.items()} == {
        "net.0.w": [1, 1], "net.1.w": [0], "lr": 0.5, "n": [1],
    }  # fmt: skip
    tl.save_model({"w": torch.arange(6.0).reshape(2, 3).T, "v": np.asfortranarray(np.eye(3)[:2])}, path)
    assert safetensors.torch.load_file(path)["w"].tolist() == [[0, 3], [1, 4], [2, 5]]
    assert safetensors.torch.load_file(path)["v"].tolist() == [[1, 0, 0], [0, 1, 0]]


def test_saving_takes_the_place_of_what_was_there(tmp_path: Path) -> None:
    four = {f"w{i}": torch.full((100,), float(i)) for i in range(4)}
    (tmp_path / "other-00001-of-00002.safetensors").write_bytes(b"")
    for most, files in ((400, 5), (800, 3), (None, 1), ("1KB", 3)):
        tl.save_model(four, tmp_path / "m.safetensors", max_shard_size=most)
        assert len(list(tmp_path.glob("m*"))) == files
        (whole,) = [*tmp_path.glob("m.safetensors.index.json"), *tmp_path.glob("m.safetensors")]
        assert {name: tl.load_model(whole).get_tensor(name)[0] for name in four} == {f"w{i}": i for i in range(4)}
    assert len(list(tmp_path.iterdir())) == 4


def test_a_model_is_saved_over_itself(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    tl.save_model({"w": torch.ones(3)}, path)
    model = tl.load_model(path)
    model.get_tensor("w", "torch")[0] = 5
    tl.save_model(model, path)
    assert tl.load_model(path).get_tensor("w").tolist() == [5, 1, 1]


def test_a_failure_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tl.save_model({"w": torch.ones(3)}, tmp_path / "m.safetensors")
    before = (tmp_path / "m.safetensors").read_bytes()
    monkeypatch.setattr(torch.Tensor, "contiguous", lambda self: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        tl.save_model({"w": torch.ones(5), "v": torch.ones(5)}, tmp_path / "m.safetensors", max_shard_size=20)
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("m.safetensors", before)]


cyclic: dict[str, Any] = {}
cyclic["again"] = cyclic
REFUSED = [
    ({"name": "llama"}, {}, codes.WRONG_TYPE, "'name' is no tensor, but str"),
    ({"a": {"b": np.ones(1)}, "a.b": np.ones(1)}, {}, codes.DUPLICATE_NAME, "'a.b'"),
    ({"w": torch.ones(1, dtype=torch.complex128)}, {}, codes.UNSUPPORTED_TYPE, "complex128 tensor 'w'"),
    (cyclic, {}, codes.NESTED_TOO_DEEPLY, "again"),
    ([np.ones(1)], {}, codes.WRONG_ARGUMENTS, "list holds no tensors"),
    ({}, {"max_shard_size": "5XB"}, codes.WRONG_ARGUMENTS, "'5XB'"),
    ({}, {"max_shard_size": "9" * 400}, codes.WRONG_ARGUMENTS, "no size"),
    ({}, {"max_shard_size": 0}, codes.WRONG_ARGUMENTS, "0 is no size"),
    ({}, {"max_shard_size": -5}, codes.WRONG_ARGUMENTS, "-5 is no size"),
]  # fmt: skip


@pytest.mark.parametrize(("values", "options", "code", "says"), REFUSED)
def test_refused(tmp_path: Path, values: Any, options: dict[str, Any], code, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        tl.save_model(values, tmp_path / "m.safetensors", **options)
    assert (caught.value.code, says in str(caught.value)) == (code, True), str(caught.value)
    assert not list(tmp_path.iterdir())


def test_types_without_a_type_of_pytorch(tmp_path: Path) -> None:
    header = json.dumps({"w": {"dtype": "F6_E2M3", "shape": [4], "data_offsets": [0, 3]}}).encode()
    (tmp_path / "m.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + bytes(3))
    model = tl.load_model(tmp_path / "m.safetensors")
    assert model.metadata.quantization == "F6_E2M3"
    with pytest.raises(tl.TensorLogicError, match="PyTorch has no type for the F6_E2M3 tensor 'w'"):
        model.get_tensor("w")


def test_elements_that_are_not_aligned(tmp_path: Path) -> None:
    said = {
        "a": {"dtype": "I8", "shape": [3], "data_offsets": [0, 3]},
        "b": {"dtype": "F32", "shape": [2], "data_offsets": [3, 11]},
    }
    header = json.dumps(said).encode()
    data = bytes(3) + np.array([1.5, 2.5], np.float32).tobytes()
    (tmp_path / "m.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + data)
    assert tl.load_model(tmp_path / "m.safetensors").get_tensor("b").tolist() == [1.5, 2.5]


def test_a_folder_must_be_clear(tmp_path: Path) -> None:
    with pytest.raises(tl.TensorLogicError, match="neither"):
        tl.load_model(tmp_path)
    for name in ("a", "b"):
        tl.save_model({"w": np.ones(1)}, tmp_path / f"{name}.safetensors")
    with pytest.raises(tl.TensorLogicError, match=r"several files of weights.*a\.safetensors, b\.safetensors"):
        tl.load_model(tmp_path)
    (tmp_path / "a.safetensors").unlink()
    assert tl.load_model(tmp_path).metadata.name == "b"


@pytest.mark.parametrize("content", ["{", "[]", "[" * 100_000])
def test_a_configuration_must_be_an_object(tmp_path: Path, content: str) -> None:
    tl.save_model({"w": np.ones(1)}, tmp_path)
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(tl.TensorLogicError, match=r"configuration.*config\.json"):
        tl.load_model(tmp_path)


PROGRAMS = {
    'save_model(net, "n.safetensors")\nprint(load_model("n.safetensors").layers[1].w)': "[3.0, 4.0]",
    'save_model(net, "m", max_shard_size: 8)\nm = load_model("m")\nprint(m.layers[0].w, m.b)': "[1.0, 2.0] [5]",
    'save(ones([2]) as bfloat16, "b.safetensors")\nprint(load("b.safetensors").dtype)': "bfloat16",
}
NET = """
struct Layer { w: float32[n] }
struct Net<T> { layers: T, b: int64[k] }
net = Net { layers: [Layer { w: [1.0, 2.0] }, Layer { w: [3.0, 4.0] }], b: [5] }
"""


@pytest.mark.parametrize("program", PROGRAMS)
def test_programs_save(tmp_path: Path, program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert output(NET + program) == PROGRAMS[program]


FAILURES = [
    ("save_model(3, path)", "this takes a model, a struct or a record, not an int"),
    ("save_model(Named { layer: Name { text: 1 } }, path, true)", "this takes an int, not a bool"),
    ('save_model(Named { layer: Name { text: "x" } }, path)', "`layer.text` is a string, and only tensors"),
    ('save_model(Named { layer: 1.0 }, path, max_shard_size: "5 cows")', "'5 cows' is no size of a file"),
]


@pytest.mark.parametrize(("call", "says"), FAILURES)
def test_programs_are_told_what_cannot_be_saved(
    tmp_path: Path, call: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    structs = "struct Name<T> { text: T } struct Named<T> { layer: T }"
    found = failure(f'{structs}\nlet path = "n.safetensors"\n{call}')
    assert says in found.message
    assert not list(tmp_path.iterdir())


def test_programs_read_the_configuration(
    llama: LlamaForCausalLM, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    llama.save_pretrained(tmp_path / "m")
    assert output('print(load_model("m").metadata.config.hidden_size)') == "32"


def test_programs_follow_no_links_out_of_their_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tl.save_model({"w": np.ones(1)}, tmp_path / "secret.safetensors")
    (tmp_path / "here" / "m").mkdir(parents=True)
    (tmp_path / "here" / "m" / "model.safetensors").symlink_to(tmp_path / "secret.safetensors")
    monkeypatch.chdir(tmp_path / "here")
    assert tl.load_model("m").w == 1
    assert failure('print(load_model("m").w)').code == codes.NOT_ALLOWED

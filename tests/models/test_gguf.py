"""GGUF models: metadata, tensors of every type, packed weights; what is wanted comes from the `gguf` package."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType, GGUFWriter, LlamaFileType
from gguf.quants import dequantize, quantize
from torch.nn import functional

import tensorlogic as tl
from tensorlogic.errors import codes
from tensorlogic.formats.description import TensorInfo
from tests.conftest import ROOT
from tests.formats.gguf_files import file, tensor
from tests.runtime.harness import failure, output

Kind = GGMLQuantizationType
# What the package does not expand: intermediate results of ggml, and what is too new.
REFUSED = (Kind.Q8_1, Kind.Q8_K, Kind.Q1_0)
NATIVE = {
    Kind.F64: np.float64, Kind.F32: np.float32, Kind.F16: np.float16,
    Kind.I64: np.int64, Kind.I32: np.int32, Kind.I16: np.int16, Kind.I8: np.int8,
}  # fmt: skip
QUANTIZED = [kind for kind in Kind if kind not in (*NATIVE, *REFUSED, Kind.BF16)]
ROWS, COLUMNS = 70, 512
RNG = np.random.default_rng(7)


def raw(kind: Kind, rows: int = ROWS, columns: int = COLUMNS) -> np.ndarray:
    """Rows of random bytes."""
    block, width = GGML_QUANT_SIZES[kind]
    return RNG.integers(0, 256, (rows, columns // block * width), dtype=np.uint8)


def write(
    path: Path,
    tensors: Mapping[str, tuple[Kind, np.ndarray]],
    file_type: int | None = None,
    more: Callable[[GGUFWriter], object] = lambda writer: None,
) -> Path:
    writer = GGUFWriter(path, "llama")
    if file_type is not None:
        writer.add_file_type(file_type)
    more(writer)
    for name, (kind, array) in tensors.items():
        writer.add_tensor(name, array, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def matrix(kind: Kind, rows: int = ROWS, columns: int = COLUMNS) -> np.ndarray:
    """Weights as `kind` stores them."""
    return quantize(RNG.standard_normal((rows, columns), dtype=np.float32), kind)


def same_bits(got: np.ndarray, wanted: np.ndarray) -> bool:
    """Every bit, but for what kind of NaN a NaN is."""
    return bool(((got.view(np.uint32) == wanted.view(np.uint32)) | (np.isnan(got) & np.isnan(wanted))).all())


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # random bytes are also infinities
@pytest.mark.parametrize("kind", QUANTIZED, ids=lambda kind: kind.name)
def test_every_type_is_expanded_as_the_package_does(kind: Kind, tmp_path: Path) -> None:
    data = raw(kind)
    model = tl.load_model(write(tmp_path / "types.gguf", {"blk.0.w": (kind, data)}))
    wanted = dequantize(data, kind)
    assert model.tensors["blk.0.w"] == TensorInfo("float32", (ROWS, COLUMNS), kind.name, data.nbytes)
    assert model.metadata.quantization == kind.name
    assert same_bits(model.get_tensor("blk.0.w"), wanted)
    packed = model.blk[0].w
    assert (packed.dtype, packed.shape, packed.nbytes) == (kind.name, (ROWS, COLUMNS), data.nbytes)
    assert same_bits(packed.dequantize().numpy(), wanted)
    assert same_bits(packed[[5, -1, 5]].numpy(), wanted[[5, -1, 5]])
    assert same_bits(packed[3].numpy(), wanted[3])


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("kind", QUANTIZED, ids=lambda kind: kind.name)
def test_single_blocks_are_expanded_wherever_they_stand(kind: Kind, tmp_path: Path) -> None:
    data = raw(kind, 9, GGML_QUANT_SIZES[kind][0])
    packed = tl.load_model(write(tmp_path / "types.gguf", {"w": (kind, data)})).w
    wanted = dequantize(data, kind)
    for row in range(9):
        assert same_bits(packed[row].numpy(), wanted[row])


@pytest.mark.parametrize("kind", NATIVE, ids=lambda kind: kind.name)
def test_what_is_not_quantized_is_a_view(kind: Kind, tmp_path: Path) -> None:
    data = np.arange(6, dtype=NATIVE[kind]).reshape(2, 3)
    model = tl.load_model(write(tmp_path / "types.gguf", {"w": (kind, data)}))
    for array in (model.get_tensor("w"), model.w.numpy(), model.get_tensor("w", framework="torch").numpy()):
        assert array.dtype == data.dtype
        np.testing.assert_array_equal(array, data)
    assert model.get_tensor("w").base is not None


def test_bfloat16(tmp_path: Path) -> None:
    wanted = torch.randn(2, 3, dtype=torch.bfloat16)
    model = tl.load_model(write(tmp_path / "b.gguf", {"w": (Kind.BF16, wanted.view(torch.uint16).numpy())}))
    assert torch.equal(model.w, wanted)
    np.testing.assert_array_equal(model.get_tensor("w", dtype="float32"), wanted.float().numpy())
    with pytest.raises(tl.TensorLogicError, match="NumPy has no type"):
        model.get_tensor("w")


@pytest.mark.parametrize("kind", REFUSED, ids=lambda kind: kind.name)
def test_types_that_the_package_does_not_expand(kind: Kind, tmp_path: Path) -> None:
    model = tl.load_model(write(tmp_path / "w.gguf", {"w": (kind, raw(kind))}))
    assert model.tensors["w"].storage == kind.name
    with pytest.raises(tl.TensorLogicError, match=kind.name):
        model.get_tensor("w")


@pytest.mark.parametrize("shape", [(0, 64), (3, 0)])
def test_empty_tensors(shape: tuple[int, ...], tmp_path: Path) -> None:
    path = tmp_path / "empty.gguf"
    path.write_bytes(file([], [tensor("w", shape[::-1], 2)]))
    packed = tl.load_model(path).w
    assert (packed.shape, packed.dequantize().shape) == (shape, shape)
    assert torch.equal(torch.ones(2, shape[1]) @ packed.T, torch.zeros(2, shape[0]))


def describe(writer: GGUFWriter) -> None:
    writer.add_name("tiny")
    writer.add_author("someone")
    writer.add_context_length(2048)
    writer.add_embedding_length(256)
    writer.add_block_count(2)
    writer.add_feed_forward_length(512)
    writer.add_head_count(8)
    writer.add_rope_freq_base(500000.0)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("llama-bpe")
    writer.add_token_list(["<s>", "a", "b"])
    writer.add_bos_token_id(0)
    writer.add_chat_template("{{ messages }}")


def test_metadata(tmp_path: Path) -> None:
    path = write(tmp_path / "m.gguf", {"w": (Kind.F32, np.ones((2, 2), np.float32))}, LlamaFileType.ALL_F32, describe)
    said = tl.load_model(path).metadata
    assert (said.format, said.quantization, said.author, said.architecture) == ("GGUF", "F32", "someone", "llama")
    assert (said.context_length, said.embedding_length, said.block_count, said.feed_forward_length) == (
        2048,
        256,
        2,
        512,
    )
    assert (said.head_count, said.head_count_kv, said.rope_dimension_count, said.rope_freq_base) == (8, 8, 32, 500000.0)
    assert said.norm_epsilon == pytest.approx(1e-5)
    assert (said.tokenizer, said.pre_tokenizer, said.vocab_size) == ("gpt2", "llama-bpe", 3)
    assert (said.bos_token_id, said.eos_token_id, said.chat_template) == (0, None, "{{ messages }}")
    assert said.user_defined["tokenizer.ggml.tokens"] == ["<s>", "a", "b"]
    assert said.user_defined["general.name"] == "tiny"


def test_what_llama_cpp_takes_where_a_file_says_nothing(tmp_path: Path) -> None:
    path = write(tmp_path / "m.gguf", {}, None, lambda writer: writer.add_rope_dimension_count(32))
    assert tl.load_model(path).metadata.rope_freq_base == 10_000


# The types of two matrices of layers, the file type that is claimed, and what the model is.
QUANTIZATIONS = [
    ((Kind.Q4_0, Kind.Q4_0), LlamaFileType.MOSTLY_Q4_0, "Q4_0"),
    ((Kind.Q4_0, Kind.Q4_0), None, "Q4_0"),
    ((Kind.Q4_0, Kind.Q4_0), LlamaFileType.MOSTLY_Q8_0, "Q4_0"),
    ((Kind.Q4_0, Kind.Q8_0), LlamaFileType.MOSTLY_Q5_0, "Mixed"),
    ((Kind.Q4_0, Kind.Q8_0), 999, "Mixed"),
    ((Kind.F16, Kind.F16), LlamaFileType.MOSTLY_F16, "F16"),
    ((Kind.F32, Kind.F32), LlamaFileType.ALL_F32, "F32"),
]


@pytest.mark.parametrize(("kinds", "claimed", "wanted"), QUANTIZATIONS)
def test_quantization(kinds: tuple[Kind, ...], claimed: int | None, wanted: str, tmp_path: Path) -> None:
    tensors = {f"blk.{index}.w": (kind, matrix(kind)) for index, kind in enumerate(kinds)}
    assert tl.load_model(write(tmp_path / "q.gguf", tensors, claimed)).metadata.quantization == wanted


# The types of most weights and of some in a layer, the file type, and its name.
NAMED = [
    (Kind.Q4_K, Kind.Q6_K, LlamaFileType.MOSTLY_Q4_K_M, "Q4_K_M"),
    (Kind.Q3_K, Kind.Q5_K, LlamaFileType.MOSTLY_Q3_K_L, "Q3_K_L"),
    (Kind.IQ3_S, Kind.Q4_K, LlamaFileType.MOSTLY_IQ3_M, "IQ3_M"),
    (Kind.IQ2_XS, Kind.Q4_K, LlamaFileType.MOSTLY_IQ2_S, "IQ2_S"),
    (Kind.MXFP4, Kind.Q8_0, LlamaFileType.MOSTLY_MXFP4_MOE, "MXFP4_MOE"),
    (Kind.Q5_K, Kind.Q6_K, LlamaFileType.MOSTLY_Q4_K_M, "Mixed"),
]


@pytest.mark.parametrize(("most", "some", "claimed", "wanted"), NAMED)
def test_quantization_by_name(most: Kind, some: Kind, claimed: int, wanted: str, tmp_path: Path) -> None:
    tensors = {
        "a": (most, raw(most)),
        "b": (some, raw(some, 30)),
        "token_embd.weight": (Kind.Q8_0, raw(Kind.Q8_0, 200)),
    }
    assert tl.load_model(write(tmp_path / "q.gguf", tensors, claimed)).metadata.quantization == wanted


def test_predict_says_what_to_do(tmp_path: Path) -> None:
    model = tl.load_model(write(tmp_path / "m.gguf", {"w": (Kind.F32, np.ones(2, np.float32))}))
    with pytest.raises(tl.TensorLogicError, match=r"model\.generate"):
        model.predict(1)


@pytest.fixture(scope="module", params=[Kind.Q4_0, Kind.Q8_0, Kind.IQ4_NL], ids=lambda kind: kind.name)
def weights(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, torch.Tensor]:
    """A packed matrix [1500, 512], larger than is expanded at a time, and the same expanded."""
    data = raw(request.param, 1500)
    if request.param is not Kind.IQ4_NL:
        data = matrix(request.param, 1500)
    else:
        data.reshape(1500, -1, 18)[..., :2] = np.frombuffer(np.float16(0.01).tobytes(), np.uint8)
    model = tl.load_model(write(tmp_path_factory.mktemp("packed") / "w.gguf", {"w": (request.param, data)}))
    return model.w, torch.from_numpy(dequantize(data, request.param))


X, Y, V = torch.randn(3, 4, 512), torch.randn(5, 1500), torch.randn(512)
IDS = torch.tensor([[0, 1499], [7, 7]])
PRODUCTS: dict[str, Callable[[Any], Any]] = {
    "rows": lambda w: X @ w.T,
    "columns": lambda w: Y @ w,
    "one row": lambda w: V @ w.T,
    "from the left": lambda w: w @ V,
    "a matrix from the left": lambda w: w @ X[0].T,
    "transposed from the left": lambda w: w.T @ Y.T,
    "linear": lambda w: functional.linear(X, w),
    "linear with a bias": lambda w: functional.linear(X, w, Y[0]),
    "matmul": lambda w: torch.matmul(Y, w),
    "mm": lambda w: torch.mm(Y, w),
    "transpose": lambda w: X @ torch.transpose(w, 0, 1),
    "float64": lambda w: X.double() @ w.T.to("cpu") if not isinstance(w, torch.Tensor) else X.double() @ w.T.double(),
    "embedding": lambda w: functional.embedding(IDS, w),
    "an index": lambda w: w[7],
    "a range": lambda w: w[3:5],
    "an element": lambda w: w[3, 4],
    "a column": lambda w: w[:, 1],
    "everything": lambda w: w[...],
    "rows one by one": lambda w: torch.stack([row for row, _ in zip(w, range(3), strict=False)]),
}


@pytest.mark.parametrize("name", PRODUCTS)
def test_packed_weights_compute_what_expanded_ones_do(name: str, weights: tuple[Any, torch.Tensor]) -> None:
    packed, expanded = weights
    got, wanted = PRODUCTS[name](packed), PRODUCTS[name](expanded)
    torch.testing.assert_close(got, wanted, rtol=1e-4, atol=1e-3)


def test_gradients_flow_through_packed_weights(weights: tuple[Any, torch.Tensor]) -> None:
    for multiply in (lambda x, w: x @ w.T, lambda x, w: (x @ w.T) @ w):
        gradients = []
        for w in weights:
            x = X.clone().requires_grad_()
            multiply(x, w).square().mean().backward()
            gradients.append(x.grad)
        torch.testing.assert_close(*gradients, rtol=1e-3, atol=1e-3)


def test_stacks_of_matrices(tmp_path: Path) -> None:
    data = matrix(Kind.Q4_0, 12).reshape(3, 4, -1)
    w = tl.load_model(write(tmp_path / "e.gguf", {"experts": (Kind.Q4_0, data)})).experts
    wanted = torch.from_numpy(dequantize(data, Kind.Q4_0))
    assert (w.shape, w[1].shape, w[1].dtype) == ((3, 4, 512), (4, 512), "Q4_0")
    torch.testing.assert_close(X @ w[1].T, X @ wanted[1].T)
    torch.testing.assert_close(w[2, 3], wanted[2, 3])
    torch.testing.assert_close(w.dequantize(torch.float16), wanted.half())


MISUSE = [
    (lambda w: w + 1, codes.WRONG_TYPE, "dequantize"),
    (lambda w: torch.ones(1) * w, codes.WRONG_TYPE, "mul does not take"),
    (lambda w: torch.cat([w, w]), codes.WRONG_TYPE, "cat does not take"),
    (lambda w: X @ w, codes.WRONG_SHAPE, "must be 1500"),
    (lambda w: w @ w, codes.WRONG_TYPE, "PackedTensor"),
    (lambda w: w.T[0], codes.WRONG_TYPE, "transposed"),
    (lambda w: w.dequantize("int8"), codes.WRONG_DTYPE, "floats"),
    (lambda w: w.dequantize("flaot32"), codes.UNSUPPORTED_TYPE, "float32"),
    (lambda w: w == w, codes.WRONG_TYPE, "operator"),
]


@pytest.mark.parametrize(("use", "code", "says"), MISUSE)
def test_what_packed_weights_are_not_for(use: Callable[[Any], Any], code, says: str, weights) -> None:
    with pytest.raises(tl.TensorLogicError, match=says) as caught:
        use(weights[0])
    assert caught.value.code == code


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with m.gguf: the packed matrix blk.0.w, Q4_0 [70, 512], of which every element is 0.5."""
    path = tmp_path_factory.mktemp("programs")
    data = quantize(np.full((ROWS, COLUMNS), 0.5, np.float32), Kind.Q4_0)
    write(path / "m.gguf", {"blk.0.w": (Kind.Q4_0, data)}, more=describe)
    return path


HEAD = 'model = load_model("m.gguf")\nw = model.blk[0].w\nx = ones([2, 512])\n'
# What a program computes with packed weights, and what it prints: half of 512 is 256, half of 70 is 35.
PROGRAMS = [
    ("w.shape, w.dtype, w.ndim, len(w)", "[70, 512] Q4_0 2 70"),
    ("(x @ transpose(w))[0, 1], (x @ w.T).shape", "256.0 [2, 70]"),
    ("(ones([70]) @ w)[3], (w @ ones([512])).shape, matmul(w, transpose(x))[0, 0]", "35.0 [70] 256.0"),
    ("linear(x, w)[1, 69], linear(x, w, ones([70]))[1, 69]", "256.0 257.0"),
    ("embedding(w, [3, 4]).shape, embedding(w, [3])[0, 0]", "[2, 512] 0.5"),
    ("w[3].shape, w[0:2].shape, w[[1, 1, 2]].shape, w[69, 0]", "[512] [2, 512] [3, 512] 0.5"),
    ("sum(w.dequantize()), transpose(w).dequantize().shape", "17920.0 [512, 70]"),
    ('(w as f16).dtype, w.dequantize("f16").dtype', "float16 float16"),
    (
        'model.get_tensor("blk.0.w", packed: true).dtype, model.get_tensor("blk.0.w", dtype: "f16").dtype',
        "Q4_0 float16",
    ),
    ("model.metadata.architecture, model.metadata.head_count, model.metadata.rope_freq_base", "llama 8 500000.0"),
    ('model.metadata.user_defined["tokenizer.ggml.tokens"]', '["<s>", "a", "b"]'),
]


@pytest.mark.parametrize(("expressions", "wanted"), PROGRAMS)
def test_programs(expressions: str, wanted: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert output(f"{HEAD}print({expressions})") == wanted


FAILING = [
    ("relu(w)", codes.WRONG_TYPE, "not a Q4_0[70, 512]", "w.dequantize()"),
    ("w * 2", codes.WRONG_TYPE, "an operator other than @", "w.dequantize()"),
    ("x @ w", codes.WRONG_SHAPE, "cannot multiply [2, 512] by Q4_0[70, 512]", "must be 70"),
    ("embedding(w, [70])", codes.RUN_FAILED, "no row 70", None),
    ("w[70]", codes.RUN_FAILED, "out of bounds", None),
    ("predict(model, x)", codes.CANNOT_PREDICT, "language model", "generate"),
]


@pytest.mark.parametrize(("expression", "code", "says", "cure"), FAILING)
def test_failures_of_programs(
    expression: str, code, says: str, cure: str | None, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    found = failure(f"{HEAD}print({expression})")
    assert (found.code, says in found.message) == (code, True), found.message
    assert cure is None or cure in (found.help or "")


def test_packed_weights_take_little_memory(tmp_path: Path) -> None:
    """The packed form, and what a product takes besides its result, of a matrix of 64 MB in float16."""
    rows, columns = 8192, 4096
    data = np.zeros((rows, columns // 32 * 18), np.uint8)
    path = write(tmp_path / "large.gguf", {"w": (Kind.Q4_0, data)})
    program = (
        "import resource, sys, torch, tensorlogic as tl\n"
        "def used(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024\n"
        "small, x = tl.load_model(sys.argv[2]).w, torch.ones(1, 512)\n"
        "(x @ small.T, small[0]); before = used()\n"
        "w = tl.load_model(sys.argv[1]).w\n"
        "y = torch.ones(1, 4096) @ w.T; w[5]\n"
        "print(w.nbytes, used() - before)\n"
    )
    small = write(tmp_path / "small.gguf", {"w": (Kind.Q4_0, matrix(Kind.Q4_0, 1500))})
    command = [sys.executable, "-c", program, str(path), str(small)]
    packed, used = map(int, subprocess.check_output(command, text=True, cwd=ROOT).split())
    assert packed == data.nbytes < 0.35 * rows * columns * 2
    assert used < 0.35 * rows * columns * 2

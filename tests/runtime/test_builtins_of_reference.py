"""The builtins that programs for the public implementation name, and those that users of PyTorch look for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from tensorlogic.errors import codes
from tensorlogic.runtime.builtins import FUNCTIONS
from tests.formats.gguf_files import Q4_0, file, tensor
from tests.runtime.harness import failure, output

NAMES = """
abs adam_step add aggregate_neighbors append apply_attention_mask apply_mask arange argmax argmin assert
assert_about_eq assert_eq attention_with_cache backward batch_norm binary_cross_entropy broadcast_to causal_mask ceil
chunk cleanup cndl_embedding cndl_gelu cndl_layer_norm cndl_list_gguf_tensors cndl_list_safetensors
cndl_load_gguf_tensor cndl_load_model_safetensor cndl_load_safetensor cndl_log_softmax cndl_matmul cndl_relu
cndl_reshape cndl_rms_norm cndl_rope cndl_save_model_safetensor cndl_save_safetensor cndl_silu cndl_softmax cndl_tanh
cndl_transpose combine_masks complex_score compute_hits_at_k compute_mean_rank compute_mrr compute_rank concat cos
detokenize detokenize_incremental detokenize_single distmult_score div dropout einsum embedding entity_dim
entity_onehot env exp f16::arange f16::ones f16::zeros f32::arange f32::from_array f32::ones f32::zeros flatten floor
fused_add_relu fused_affine fused_gelu_linear fused_mul_relu gather gelu generate get get_tensor graph_attention
index_select input int_to_tokenids BoolVec::new FloatVec::new IntVec::new StringVec::new KVCache::new KVCache::new_f16
KVCache::new_f32 layer_norm learnable len linear load load_model load_model_f16 load_model_f32 load_tokenizer
load_weight_cache_f16 load_weight_cache_f32 load_weight_cache_gguf_f16 load_weight_cache_gguf_f32 log
margin_ranking_loss matmul max mean min mul new_tensor_buffer normalize_features ones padding_mask permute
positional_encoding pow precompute_rope_cos precompute_rope_sin predict_head_complex predict_head_distmult
predict_head_transe predict_tail_complex predict_tail_distmult predict_tail_transe print print_top_k rand randn
random_normal range range_i relational_aggregate relu reshape rms_norm rope round sample save save_model scatter
sgd_step shape sigmoid sin slice slice_last softmax split sqrt squeeze str string_length string_substring sub sum tan
tanh temperature temperature_sample Tensor::create_cache to_int tokenize top_k top_p top_p_sample transe_score
transpose unsqueeze zeros
"""


def test_every_name_of_the_public_implementation_is_there() -> None:
    assert set(NAMES.split()) <= FUNCTIONS.keys()


X = torch.tensor([[4.0, 1.0, 0.5], [1.0, 3.0, -1.0], [0.5, -1.0, 2.0]])
"""Symmetric and positive definite."""
V = torch.tensor([3.0, 1.0, 2.0, 1.0])
AGAINST_TORCH: list[tuple[str, list[Any], Any]] = [
    ("inv", [X], torch.linalg.inv(X)),
    ("pinv", [X[:2]], torch.linalg.pinv(X[:2])),
    ("cholesky", [X], torch.linalg.cholesky(X)),
    ("trace", [X], torch.tensor(9.0)),
    ("matrix_exp", [X], torch.matrix_exp(X)),
    ("solve", [X, X[0]], torch.tensor([1.0, 0.0, 0.0])),
    ("kron", [X, V[None]], torch.kron(X, V[None])),
    ("cross", [X[0], X[1]], torch.tensor([-2.5, 4.5, 11.0])),
    ("cdist", [X, X[:1]], (X - X[0]).square().sum(1, keepdim=True).sqrt()),
    ("rot90", [X], torch.rot90(X)),
    ("bincount", [torch.tensor([0, 2, 2])], torch.tensor([1, 0, 2])),
    ("bincount", [torch.tensor([1]), 4], torch.tensor([0, 1, 0, 0])),
    ("histc", [V, 2, 1, 3], torch.tensor([2.0, 2.0])),
    ("count_nonzero", [torch.tensor([0, 2, 3])], 2),
    ("quantile", [V, 0.5], torch.tensor(1.5)),
    ("scatter_add", [torch.zeros(3), 0, torch.tensor([1, 1]), torch.tensor([2.0, 3.0])], torch.tensor([0.0, 5.0, 0.0])),
    ("repeat_interleave", [torch.tensor([1, 2]), 2], torch.tensor([1, 1, 2, 2])),
    ("lerp", [V, V + 2, 0.25], V + 0.5),
    ("nan_to_num", [torch.tensor([float("nan"), 1.0])], torch.tensor([0.0, 1.0])),
    ("allclose", [V, V + 1e-9], True),
    ("movedim", [torch.zeros(2, 3, 4), 0, 2], torch.zeros(3, 4, 2)),
    ("swapaxes", [X[:2], 0, 1], X[:2].T),
    ("tile", [V, 2], torch.cat([V, V])),
    ("sgd_step", [V, V, 0.5], V / 2),
]


@pytest.mark.parametrize(("name", "arguments", "want"), AGAINST_TORCH)
def test_against_torch(name: str, arguments: list[Any], want: Any) -> None:
    torch.testing.assert_close(FUNCTIONS[name](*arguments), want)


def test_decompositions_make_the_matrix_again() -> None:
    u, s, v = FUNCTIONS["svd"](X).values()
    torch.testing.assert_close(u * s @ v, X)
    q, r = FUNCTIONS["qr"](X).values()
    torch.testing.assert_close(q @ r, X)
    values, vectors = FUNCTIONS["eigh"](X).values()
    torch.testing.assert_close(vectors * values @ vectors.T, X)


def test_adam_steps_are_those_of_pytorch() -> None:
    start, gradient = torch.tensor([1.0, -2.0]), torch.tensor([0.5, -0.25])
    theirs = start.clone().requires_grad_()
    optimizer = torch.optim.Adam([theirs], lr=0.1)
    ours: dict[str, torch.Tensor] = {"parameter": start, "m": torch.zeros(2), "v": torch.zeros(2)}
    for step in (1, 2, 3):
        theirs.grad = gradient * step
        optimizer.step()
        ours = FUNCTIONS["adam_step"](ours["parameter"], gradient * step, ours["m"], ours["v"], 0.1, step=step)
    torch.testing.assert_close(ours["parameter"], theirs.detach())


RECORDS = {
    "r = kthvalue([3.0, 1.0, 2.0], 2) print(r.values, r.indices)": "2.0 2",
    "print(mode([1, 2, 2, 3]).values)": "2",
    "g = meshgrid([1, 2], [3, 4, 5]) print(g[0].shape, g[1][0])": "[2, 3] [3, 4, 5]",
    "b = new_tensor_buffer(2097152) x = b.ones([2, 2]) print(b, x, x.dtype, b.used)":
        "TensorBuffer(capacity=2MB, used=0MB) [[1.0, 1.0], [1.0, 1.0]] float16 8",
    "for i in range_i(1, 3) { print(i) }": "1\n2",
}  # fmt: skip


@pytest.mark.parametrize(("text", "printed"), RECORDS.items())
def test_records(text: str, printed: str) -> None:
    assert output(text) == printed


def test_a_buffer_is_used_up() -> None:
    found = failure("b = new_tensor_buffer(10) x = b.zeros([2, 2]) y = b.zeros(2)")
    assert "the buffer has 2 bytes left, and 4 are asked for" in found.message


def test_tensors_are_saved_and_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = """
    save([[1.5, 2.5]] as float16, "a.safetensors")
    x = load("a.safetensors")
    print(x, x.dtype)
    cndl_save_safetensor([1, 2], "b.safetensors", "w")
    print(cndl_load_safetensor("b.safetensors", "w"))
    cndl_list_safetensors("b.safetensors")
    m = load_weight_cache_f32("b.safetensors", 10)
    cndl_save_model_safetensor(m, "c.safetensors")
    print(load_model_f16("c.safetensors").get_tensor("w"))
    """
    assert output(text, folder=tmp_path).splitlines() == [
        "[[1.5, 2.5]] float16",
        "[1, 2]",
        "Tensors in b.safetensors:",
        "  Total: 1 tensors",
        "",
        "  - w : int64 [2]",
        "[1, 2]",
    ]


def test_tensors_are_not_saved_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "home").mkdir()
    monkeypatch.chdir(tmp_path / "home")
    (tmp_path / "home" / "link").symlink_to(tmp_path / "out")
    for path in ("../out", "link", "/dev/null", f"{tmp_path}/out"):
        assert failure(f'save([1], "{path}")').code == codes.CANNOT_WRITE
        assert failure(f'cndl_save_safetensor([1], "{path}", "w")').code == codes.CANNOT_WRITE
    assert not (tmp_path / "out").exists()
    assert failure('load("/etc/passwd")').code == codes.NOT_ALLOWED


def test_gguf(tmp_path: Path) -> None:
    path = tmp_path / "m.gguf"
    path.write_bytes(file([], [tensor("w", [32, 2], Q4_0)], bytes(18 * 2)))
    assert output(f'print(sum(cndl_load_gguf_tensor("{path}", "w")))', folder=tmp_path) == "0.0"
    assert "w : float32 [2, 32]" in output(f'cndl_list_gguf_tensors("{path}")', folder=tmp_path)
    assert "Q4_0" in output(f'print(load_weight_cache_gguf_f16("{path}").w)', folder=tmp_path)

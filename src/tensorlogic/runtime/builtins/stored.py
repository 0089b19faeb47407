"""Single tensors in SafeTensors files, and the other names that models and their tensors are loaded by."""

from __future__ import annotations

from typing import Any

from tensorlogic.errors import SourceError
from tensorlogic.errors.codes import UNKNOWN_TENSOR
from tensorlogic.runtime.builtins.models import get_tensor, load_model, save_model
from tensorlogic.runtime.convert import as_int, as_string, as_tensor
from tensorlogic.runtime.lazy import torch
from tensorlogic.runtime.registry import builtin, builtin_named
from tensorlogic.runtime.session import CURRENT

_NAME = "tensor"
"""What the tensor of a file of `save` is called."""


@builtin
def save(x: Any, path: str) -> None:
    """Write a tensor to a SafeTensors file, inside the folder that the program runs in; `load` reads it again."""
    cndl_save_safetensor(x, path, _NAME)


@builtin
def load(path: str) -> torch.Tensor:
    """The tensor in a SafeTensors file that holds one, such as `save` writes, in the type that it has there.

    Errors: there is no such file, it is another kind of file, or it holds several tensors.
    """
    model = load_model(path)
    if len(model.tensors) != 1:
        help = "Name one of them: load_model(path).get_tensor(name)."
        raise SourceError(UNKNOWN_TENSOR, f"{path} holds {len(model.tensors)} tensors, not one", help=help)
    return as_tensor(get_tensor(model, next(iter(model.tensors))))


@builtin
def cndl_save_safetensor(x: Any, path: str, name: str) -> None:
    """Write a tensor under a name to a SafeTensors file, which then holds this one only."""
    save_model({as_string(name): as_tensor(x)}, path)


@builtin_named("cndl_load_safetensor", "cndl_load_gguf_tensor")
def load_tensor(path: str, name: str) -> torch.Tensor:
    """A tensor of a model file by its name, expanded to floats where it is quantized."""
    return as_tensor(get_tensor(load_model(path), name))


@builtin_named("cndl_list_safetensors", "cndl_list_gguf_tensors")
def list_tensors(path: str) -> None:
    """Write the names, types and shapes of the tensors in a model file."""
    tensors = load_model(path).tensors
    lines = [f"Tensors in {path}:", f"  Total: {len(tensors)} tensors", ""]
    lines += [f"  - {name} : {info.dtype} {list(info.shape)}" for name, info in tensors.items()]
    CURRENT.get().out.write("\n".join(lines) + "\n")


for _name in ("load_model_f16", "load_model_f32", "cndl_load_model_safetensor"):
    builtin_named(_name)(load_model)
builtin_named("cndl_save_model_safetensor")(save_model)


@builtin_named(
    *("load_weight_cache_f16", "load_weight_cache_f32", "load_weight_cache_gguf_f16", "load_weight_cache_gguf_f32")
)
def load_weight_cache(path: str, capacity: int = 0) -> Any:
    """The model in a file, the same as `load_model`: tensors stay in the file until they are used.

    `capacity`, how many the public implementation kept in memory, means nothing here.
    """
    as_int(capacity)
    return load_model(path)

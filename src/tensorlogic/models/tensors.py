"""What can be saved: the tensors of models, modules, dictionaries, described before any is read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tensorlogic.errors import UsageError, codes
from tensorlogic.formats.description import TensorInfo
from tensorlogic.formats.safetensors import storable
from tensorlogic.models.model import Model

_DEEPEST = 32


@dataclass(frozen=True, slots=True)
class Tensors:
    """Tensors by name, as they are to be stored, and a function that reads one as PyTorch's."""

    infos: Mapping[str, TensorInfo]
    read: Callable[[str], Any]

    @property
    def size(self) -> int:
        """Bytes of all of them."""
        return sum(info.size for info in self.infos.values())

    def data(self, name: str) -> memoryview:
        """The bytes of the tensor `name`, row by row."""
        import torch

        tensor = self.read(name).to(getattr(torch, self.infos[name].dtype))
        if not tensor.numel():
            return memoryview(b"")
        whole = tensor.detach().cpu().contiguous()
        flat = whole.as_strided((whole.numel(),), (1,))  # a single element may have any stride, which a view refuses
        return memoryview(flat.view(torch.uint8).numpy())


def tensors_of(source: Any) -> Tensors:
    """The tensors of a model, of a module of PyTorch, or of nested dictionaries and lists.

    Raises `UsageError` for what is none of these, and for values in it that are no tensors.
    """
    if isinstance(source, Model):
        return _of_model(source)
    if hasattr(source, "state_dict"):
        source = source.state_dict()
    if not isinstance(source, Mapping):
        raise UsageError(codes.WRONG_ARGUMENTS, f"{type(source).__name__} holds no tensors to save by name")
    found: dict[str, Any] = {}
    for name, value in _flat(source, (), 0):
        if name in found:
            raise UsageError(codes.DUPLICATE_NAME, f"two tensors are called {name!r}")
        found[name] = _tensor(value, name)
    infos = {name: _info(name, str(value.dtype).removeprefix("torch."), value.shape) for name, value in found.items()}
    return Tensors(infos, found.__getitem__)


def _of_model(model: Model) -> Tensors:
    """The tensors of a model in their types, or in float32 where these are of its format only."""
    infos = {
        name: storable(info.dtype, info.shape) or _info(name, "float32", info.shape)
        for name, info in model.tensors.items()
    }
    return Tensors(infos, lambda name: model.get_tensor(name, "torch", infos[name].dtype))


def _info(name: str, dtype: str, shape: Iterable[int]) -> TensorInfo:
    info = storable(dtype, tuple(shape))
    if info is None:
        message = f"SafeTensors files have no type for the {dtype} tensor {name!r}"
        raise UsageError(codes.UNSUPPORTED_TYPE, message, help="Save it in another type.")
    return info


def _flat(value: Any, path: tuple[str, ...], depth: int) -> Iterator[tuple[str, Any]]:
    """The values inside dictionaries and lists, by their names joined by dots; those that are None left out."""
    if depth > _DEEPEST:
        raise UsageError(codes.NESTED_TOO_DEEPLY, f"{'.'.join(path[:3])}… is nested more than {_DEEPEST} deep")
    if isinstance(value, Mapping):
        items: Iterable[tuple[Any, Any]] = value.items()
    elif isinstance(value, list | tuple) and any(isinstance(i, Mapping | list | tuple) or _shaped(i) for i in value):
        items = enumerate(value)
    else:
        if value is not None:
            yield ".".join(path), value
        return
    for key, item in items:
        yield from _flat(item, (*path, str(key)), depth + 1)


def _shaped(value: Any) -> bool:
    return hasattr(value, "shape")


def _tensor(value: Any, name: str) -> Any:
    """A tensor, an array or numbers as a tensor of PyTorch; of packed ones what they stand for."""
    import numpy as np
    import torch

    if isinstance(value, torch.Tensor):
        return value.dequantize() if value.is_quantized else value
    if hasattr(value, "dequantize"):
        return value.dequantize()
    try:
        array = np.asarray(value)
        return torch.from_numpy(np.ascontiguousarray(array, array.dtype.newbyteorder("=")).reshape(array.shape))
    except (TypeError, ValueError):
        message = f"{name!r} is no tensor, but {type(value).__name__}"
        raise UsageError(codes.WRONG_TYPE, message, help="Only tensors and arrays of numbers are saved.") from None

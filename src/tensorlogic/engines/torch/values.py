"""Constants and types as the PyTorch engine keeps them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch

from tensorlogic.engines.torch import shared
from tensorlogic.lower.torch import Stored, held, stored, torch_dtype
from tensorlogic.mil.literals import plain
from tensorlogic.mil.program import Literal, Value
from tensorlogic.mil.types import STRING, TensorType

# For each precision, the declared types that are computed in another, and that other type.
_REPLACED: dict[str, tuple[tuple[str, ...], torch.dtype]] = {
    "f16": ((), torch.float16),
    "f32": (("fp16",), torch.float32),
    "bf16": (("fp16", "fp32"), torch.bfloat16),
    "all-f16": (("fp32",), torch.float16),  # what a conversion to float16 would give; no engine offers it
}


@dataclass(frozen=True, slots=True)
class Target:
    """Where values live and in which types they are computed."""

    device: torch.device
    precision: str

    def dtype(self, name: str) -> torch.dtype:
        """The type that values declared as `name` have under this precision."""
        declared, replacement = _REPLACED[self.precision]
        return replacement if name in declared else torch_dtype(name)

    @contextmanager
    def computing(self) -> Iterator[None]:
        """Where operations run: without gradients, and the same bits every time.

        On a GPU, tensors that an operation makes from nothing belong there too; cuDNN takes reproducible algorithms
        and does not choose by measuring, which comes out differently for each thread, and TF32 does not stand in for
        float32.
        """
        with ExitStack() as stack:
            stack.enter_context(torch.inference_mode())
            if self.device.type != "cpu":
                stack.enter_context(self.device)
            if self.device.type == "cuda":
                flags = torch.backends.cudnn.flags
                stack.enter_context(flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False))
            yield


class Constant:
    """A value that is known before the program runs, for whichever way it is asked for.

    Constants of one `key` have one value.
    """

    def __init__(self, value: Any, target: Target, key: shared.Key | None = None) -> None:
        self._value = value
        self._target = target
        self.key = key or shared.key(value, target)

    @cached_property
    def value(self) -> Any:
        """As the engine computes with it: a tensor on the device, in its computed type. Expanded once."""
        found = shared.find(self.key)
        if found is not None:
            return found
        if self._stored is not None:
            with self._target.computing():
                return shared.keep(self.key, self._stored.expand())
        is_text = isinstance(self._value, Literal) and isinstance(self._value.type, TensorType)
        return self.plain if is_text else self._value

    def arranged(self, arrange: Callable[[torch.Tensor], torch.Tensor] | None) -> Any:
        """The value, laid out by `arrange` if it is a tensor; once for all that ask for the same."""
        if arrange is None or not isinstance(self.value, torch.Tensor):
            return self.value
        key = shared.key(arrange, self.key)
        found = shared.find(key)
        return shared.keep(key, arrange(self.value)) if found is None else found

    def unexpanded(self) -> Stored:
        """As constant expressions take it. Raises `TypeError` for what is no tensor."""
        if self._stored is None:
            raise TypeError("not a tensor")
        return self._stored

    @cached_property
    def _stored(self) -> Stored | None:
        if isinstance(self._value, torch.Tensor):
            return held(self._value, self._value.dtype, self._value.device)
        if isinstance(self._value, Stored):
            return self._value
        declared = self._value.type if isinstance(self._value, Literal) else None
        if not isinstance(declared, TensorType) or declared.dtype == STRING:
            return None
        return stored(self._value, self._target.dtype(declared.dtype.name), self._target.device)

    @cached_property
    def plain(self) -> Any:
        """As plain Python: a number, a text, or a flat tuple."""
        readable = isinstance(self._value, Literal) and not _is_packed(self._value)
        return plain(self._value) if readable else host(self.value)


def _is_packed(literal: Literal) -> bool:
    return isinstance(literal.type, TensorType) and literal.type.dtype.numpy is None


def host(value: Any) -> Any:
    """A tensor as a number or a flat tuple of numbers; anything else as it is."""
    if not isinstance(value, torch.Tensor):
        return value
    return tuple(value.flatten().tolist()) if value.dim() else value.item()


def tensor_from(value: Any, dtype: torch.dtype, target: Target) -> torch.Tensor:
    """An array, or a tensor, as a tensor on the device, without a copy where nothing changes."""
    tensor = value if isinstance(value, torch.Tensor) else host_tensor(value)
    return tensor.to(target.device, dtype)


def argument(declared: Value, given: Any, target: Target) -> torch.Tensor:
    """An array, or a tensor, as the input that it is for."""
    assert isinstance(declared.type, TensorType)
    tensor = tensor_from(given, target.dtype(declared.type.dtype.name), target)
    return tensor.reshape(()) if declared.type.shape == () else tensor


def host_tensor(array: Any) -> torch.Tensor:
    """An array as a tensor of its type, in the same memory if that is possible."""
    # NumPy makes a scalar a vector on the way.
    source = np.ascontiguousarray(array).reshape(np.shape(array))
    return torch.from_numpy(source if source.flags.writeable else source.copy())


def array_of(result: Any) -> Any:
    """A tensor as an array of its own: never a view of an input, a weight or a state."""
    if not isinstance(result, torch.Tensor):
        return result
    tensor = result.float() if result.dtype == torch.bfloat16 else result
    return tensor.cpu().numpy().copy()


def own(result: Any) -> Any:
    """A tensor as one of its own, where it is."""
    return result.clone() if isinstance(result, torch.Tensor) else result

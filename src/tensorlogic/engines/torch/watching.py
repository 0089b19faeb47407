"""Whether a run waits for its device: such a run cannot be captured, and PyTorch does not recover from trying."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

aten = torch.ops.aten

# What tells the host a value, or a size that depends on values.
_READS = {
    aten._local_scalar_dense, aten.nonzero, aten.masked_select, aten.bincount, aten.equal,
    aten._unique, aten._unique2, aten.unique_dim, aten.unique_consecutive, aten.multinomial,
}  # fmt: skip
_COPIES = {aten._to_copy, aten.copy_}
_INDEXES = {aten.index, aten.index_put, aten.index_put_}


class Watch(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """While it is entered, notes in `waits` whether anything waits for the device."""

    def __init__(self, device: torch.device) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._kind = device.type
        self.waits = False

    def __torch_dispatch__(
        self, func: Any, types: Iterable[type], args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Run an operation of PyTorch's, and look at what it took and gave; one made of others by those."""
        with self:
            result = func.decompose(*args, **(kwargs or {}))
        if result is not NotImplemented:
            return result
        result = func(*args, **(kwargs or {}))
        taken, given = list(_tensors((args, kwargs))), list(_tensors(result))
        self.waits = self.waits or self._waits(func.overloadpacket, taken, given)
        return result

    def _waits(self, packet: Any, taken: list[Tensor], given: list[Tensor]) -> bool:
        here = [each.device.type == self._kind for each in (*taken, *given)]
        if not any(here):
            return False
        if packet in _READS or (packet in _INDEXES and any(map(_is_mask, taken[1:]))):
            return True
        if packet is aten.repeat_interleave:
            return len(taken) == 1
        if packet is aten.lift_fresh:  # what `torch.tensor` makes, on the host first
            return True
        # Of the host's tensors, an operation takes single numbers with it; copies are made of any.
        counted = [each for each in (*taken, *given) if each.dim() or packet in _COPIES]
        return len({each.device.type == self._kind for each in counted}) > 1


def _is_mask(tensor: Tensor) -> bool:
    return tensor.dtype in (torch.bool, torch.uint8)


def _tensors(values: Any) -> Iterator[Tensor]:
    if isinstance(values, Tensor):
        yield values
    elif isinstance(values, Mapping):
        yield from _tensors(tuple(values.values()))
    elif isinstance(values, tuple | list):
        for each in values:
            yield from _tensors(each)


def waits(device: torch.device, run: Callable[[], Any]) -> bool:
    """Whether `run` waits for the device. It is run for that."""
    watch = Watch(device)
    with watch:
        run()
    return watch.waits

"""SafeTensors files: tensors by name, in a memory-mapped file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from tensorlogic.errors import UsageError, codes
from tensorlogic.formats.description import TensorInfo
from tensorlogic.formats.mapped import MappedFile
from tensorlogic.formats.safetensors_header import DTYPES, LIMIT, make_header, read_header

_STORAGES = {dtype: storage for storage, (dtype, _) in DTYPES.items()}


class SafeTensorsFile:
    """An opened file: what it holds, and the bytes of its tensors on request."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = MappedFile(path)
        self.size = self._file.size
        header = read_header(self._file)
        self.tensors = header.tensors
        self.metadata = header.metadata
        self._starts = header.starts

    def data(self, name: str) -> memoryview:
        """The bytes of the tensor `name`: where they stand in the file if its elements are aligned there, or a copy."""
        info, start = self.tensors[name], self._starts[name]
        view = self._file.view(start, info.size, f"the tensor {name!r}")
        return memoryview(bytearray(view)) if view.readonly or start % _alignment(info) else view


def storable(dtype: str, shape: tuple[int, ...]) -> TensorInfo | None:
    """A tensor of a type of PyTorch as a file stores it; None where it cannot."""
    storage = _STORAGES.get(dtype, "")
    if not storage or _bits(storage) % 8:
        return None
    described = TensorInfo(dtype, shape, storage, 0)
    return TensorInfo(dtype, shape, storage, described.elements * _bits(storage) // 8)


def write(
    path: Path,
    tensors: Mapping[str, TensorInfo],
    data: Callable[[str], memoryview],
    metadata: Mapping[str, str],
) -> None:
    """Write a file of tensors that are `storable`. Their bytes are asked for one after the other.

    Raises `UsageError` for more names and texts than the format allows.
    """
    order = sorted(tensors, key=lambda name: (-_alignment(tensors[name]), name))
    header = make_header({name: tensors[name] for name in order}, metadata)
    if len(header) > LIMIT:
        message = f"the names and texts take {len(header):,} bytes; {LIMIT:,} is the limit of the format"
        raise UsageError(codes.CANNOT_WRITE, message)
    with path.open("wb") as file:
        file.write(header)
        for name in order:
            file.write(data(name))


def _bits(storage: str) -> int:
    return DTYPES[storage][1]


def _alignment(info: TensorInfo) -> int:
    return max(_bits(info.storage) // 8, 1)

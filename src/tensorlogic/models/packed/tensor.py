"""A quantized tensor that stays packed: its bytes are those of the file, mapped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import torch
from gguf.constants import GGMLQuantizationType as Kind
from torch import Tensor
from torch.nn import functional

from tensorlogic.errors import UsageError, codes
from tensorlogic.models.dtypes import dtype_named
from tensorlogic.models.packed.product import multiply
from tensorlogic.models.packed.unpacking import unpack_in_pieces


class PackedTensor:
    """A quantized tensor in its packed form, as GGUF files store it.

    ``x @ w.T``, ``x @ w``, ``w @ x``, `linear` and `embedding` take a packed matrix as it is, and expand a piece of it
    at a time. ``w[i]``, ``w[a:b]`` and ``w[ids]`` expand rows of a matrix; of a stack of matrices, ``w[i]`` is a packed
    matrix. Everything else takes what `dequantize` gives. Gradients flow through packed tensors, not to them.
    """

    __tl_members__ = frozenset({"shape", "dtype", "ndim", "device", "nbytes", "T", "dequantize"})

    def __init__(self, kind: Kind, rows: Tensor, shape: tuple[int, ...], transposed: bool = False) -> None:
        self._kind = kind
        self._rows = rows  # uint8 [..., bytes of a row]
        self._stored = torch.Size(shape)
        self._transposed = transposed

    @property
    def shape(self) -> torch.Size:
        """The sizes of the tensor when it is expanded."""
        if not self._transposed:
            return self._stored
        return torch.Size((*self._stored[:-2], self._stored[-1], self._stored[-2]))

    @property
    def dtype(self) -> str:
        """The type of its blocks, such as ``Q4_0``."""
        return self._kind.name

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self._stored)

    @property
    def device(self) -> torch.device:
        """Where its bytes are."""
        return self._rows.device

    @property
    def nbytes(self) -> int:
        """Bytes in memory."""
        return self._rows.numel()

    @property
    def T(self) -> PackedTensor:  # noqa: N802 (PyTorch's name)
        """The transposed matrix, of the same bytes."""
        self._check_matrix("T")
        return PackedTensor(self._kind, self._rows, self._stored, not self._transposed)

    mT = T  # noqa: N815

    def transpose(self, first: int, second: int) -> PackedTensor:
        """Two axes exchanged: those of a matrix."""
        self._check_matrix("transpose")
        if not (-2 <= first < 2 and -2 <= second < 2):
            raise IndexError("a packed matrix has the axes 0 and 1")
        return self.T if (first - second) % 2 else self

    def to(self, device: str | torch.device) -> PackedTensor:
        """The same tensor on another device, packed."""
        return PackedTensor(self._kind, self._rows.to(device), self._stored, self._transposed)

    def dequantize(self, dtype: torch.dtype | str = torch.float32) -> Tensor:
        """The whole tensor, expanded to float32 or another type of floats, such as ``"float16"``."""
        wanted: torch.dtype = getattr(torch, dtype_named(dtype))
        if not wanted.is_floating_point:
            message = f"a packed tensor is expanded to floats, not to {dtype_named(dtype)}"
            raise UsageError(codes.WRONG_DTYPE, message)
        expanded = unpack_in_pieces(self._kind, self._rows, wanted)
        return expanded.mT if self._transposed else expanded

    def __len__(self) -> int:
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        return (self[index] for index in range(len(self)))

    def __getitem__(self, index: Any) -> Any:
        first, *rest = index if isinstance(index, tuple) else (index,)
        if self.ndim > 2 and (isinstance(first, int) or getattr(first, "ndim", None) == 0):
            inner = PackedTensor(self._kind, self._rows[first], self._stored[1:])
            return inner[tuple(rest)] if rest else inner
        self._check_matrix("an index", transposed=False)
        chosen = self._rows[first]
        expanded = unpack_in_pieces(self._kind, chosen)
        return expanded[(*[slice(None)] * (chosen.ndim - 1), *rest)]

    def __matmul__(self, x: Any) -> Any:
        return self.T._times(x.mT).mT if getattr(x, "ndim", 0) > 1 else self.T._times(x)

    def __rmatmul__(self, x: Any) -> Any:
        return self._times(x)

    def _refuse_operator(self, *others: object) -> NoReturn:
        raise self._refusal("an operator other than @")

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _refuse_operator
    __eq__ = __ne__ = __neg__ = __pow__ = __rpow__ = __mod__ = __rmod__ = __lt__ = __le__ = __gt__ = __ge__ = (
        _refuse_operator
    )

    __hash__ = object.__hash__

    def _times(self, x: Any) -> Tensor:
        """x [..., k] times this matrix [k, n]."""
        self._check_matrix("@")
        if not isinstance(x, Tensor):
            raise self._refusal(f"@ with {type(x).__name__}")
        if x.ndim == 0 or x.shape[-1] != self.shape[0]:
            message = f"cannot multiply {list(x.shape)} by {self.dtype}{list(self.shape)}"
            help = f"The last size of the first must be {self.shape[0]}, as the first size of the matrix."
            raise UsageError(codes.WRONG_SHAPE, message, help=help)
        floats = x if x.is_floating_point() else x.float()
        return multiply(floats, self._kind, self._rows, self._stored[-1], self._transposed)

    def _check_matrix(self, what: str, transposed: bool = True) -> None:
        if self.ndim != 2 or (self._transposed and not transposed):
            raise self._refusal(what)

    def _refusal(self, what: str) -> UsageError:
        form = "transposed " if self._transposed else ""
        return _refusal(what, f"a {form}packed tensor, {self.dtype}{list(self.shape)}")

    @classmethod
    def __torch_function__(
        cls, function: Callable[..., Any], types: Any, arguments: tuple[Any, ...] = (), options: Any = None
    ) -> Any:
        """PyTorch's functions on packed tensors."""
        if function not in _FUNCTIONS:
            raise _refusal(function.__name__, "a packed tensor")
        return _FUNCTIONS[function](*arguments, **(options or {}))

    def __repr__(self) -> str:
        return f"PackedTensor({self.dtype}, {list(self.shape)}, {self.nbytes:,} bytes)"


def _refusal(what: str, packed: str) -> UsageError:
    return UsageError(
        codes.WRONG_TYPE, f"{what} does not take {packed}", help="Expand it first: w.dequantize(), or rows of it: w[i]."
    )


def _multiply(left: Any, right: Any) -> Any:
    return left.__matmul__(right) if isinstance(left, PackedTensor) else right.__rmatmul__(left)


def _linear(x: Tensor, weight: PackedTensor, bias: Tensor | None = None) -> Tensor:
    product: Tensor = weight.T.__rmatmul__(x)
    return product if bias is None else product + bias


def _embedding(ids: Tensor, weight: PackedTensor, *_: Any, max_norm: float | None = None, **options: Any) -> Tensor:
    """The other options are about gradients of the table, which it has not."""
    if max_norm is not None:
        raise weight._refusal("embedding with max_norm")
    if ids.numel() and not 0 <= int(ids.min()) <= int(ids.max()) < len(weight):
        raise IndexError(f"an id is no row of a table of {len(weight)}")
    rows: Tensor = weight[ids]
    return rows


_FUNCTIONS: dict[Callable[..., Any], Callable[..., Any]] = {
    torch.matmul: _multiply,
    torch.mm: _multiply,
    Tensor.matmul: _multiply,
    Tensor.mm: _multiply,
    Tensor.__matmul__: _multiply,
    Tensor.__rmatmul__: lambda right, left: _multiply(left, right),
    functional.linear: _linear,
    functional.embedding: _embedding,
    torch.transpose: PackedTensor.transpose,
    torch.t: lambda packed: packed.T,
}

"""How compressed weights are stored, in words: ``4-bit palettized``, ``INT4 per block of 32``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from tensorlogic.mil import Literal, Operand, Operation, TensorType, Type

_DEEPEST = 3


def is_compressed(operation: Operation) -> bool:
    """Whether the operation expands a compressed constant."""
    return operation.type in _FORMS


@dataclass(frozen=True, slots=True)
class Compressed:
    """A compressed constant; `made` has the operation that makes each value of its function."""

    operation: Operation
    made: Mapping[str, Operation]
    depth: int = 0

    @property
    def storage(self) -> str:
        """What the values are stored as."""
        return _FORMS[self.operation.type](self)

    @property
    def size(self) -> int:
        """Bytes in the file of all that the values are made of. What is used twice counts once."""
        sizes, pending, seen = {}, [self.operation], {self.operation.name}
        while pending:
            operation = pending.pop()
            for operand in _operands(operation):
                if isinstance(operand, Literal) and isinstance(operand.data, np.ndarray):
                    sizes[operand.data.ctypes.data] = operand.data.nbytes
                elif isinstance(operand, str) and operand in self.made and operand not in seen:
                    seen.add(operand)
                    pending.append(self.made[operand])
        return sum(sizes.values())

    def dtype(self, parameter: str) -> str:
        """The element type of an operand: ``INT4``, ``F16``."""
        declared = self._type(parameter)
        if not isinstance(declared, TensorType):
            return str(declared)
        return f"{'F' if declared.dtype.is_float else 'INT'}{declared.dtype.bits}"

    def shape(self, parameter: str) -> tuple[int, ...]:
        """The shape of an operand."""
        declared = self._type(parameter)
        return tuple(size or 0 for size in declared.shape or ()) if isinstance(declared, TensorType) else ()

    def part(self, parameter: str) -> str:
        """What an operand is stored as if it is compressed too, and else nothing."""
        maker = self._maker(parameter)
        if maker is None or not is_compressed(maker) or self.depth == _DEEPEST:
            return ""
        return Compressed(maker, self.made, self.depth + 1).storage

    def _operand(self, parameter: str) -> Operand:
        return next(iter(self.operation.operands(parameter) or ("",)))

    def _maker(self, parameter: str) -> Operation | None:
        operand = self._operand(parameter)
        return self.made.get(operand) if isinstance(operand, str) else None

    def _type(self, parameter: str) -> Type | None:
        operand, maker = self._operand(parameter), self._maker(parameter)
        if isinstance(operand, Literal):
            return operand.type
        return next((value.type for value in maker.outputs if value.name == operand), None) if maker else None


def _operands(operation: Operation) -> list[Operand]:
    given = [operand for operands in operation.inputs.values() for operand in operands]
    return given + [literal for name, literal in operation.attributes.items() if name != "name"]


def _integers(weight: Compressed, data: str, elements: str) -> str:
    """`elements` is the operand that has an element for each of the weight."""
    blocks = zip(weight.shape(elements), weight.shape("scale"), strict=False)
    lengths = [size // count for size, count in blocks if 1 < count < size]
    by_block = f" per block of {' x '.join(map(str, lengths))}" if lengths else ""
    kind = weight.dtype(data)
    scaled = "scaled " if kind.startswith("F") else ""
    return " + ".join(filter(None, (weight.part(data), scaled + kind + by_block)))


def _palette(weight: Compressed) -> str:
    *_, entries, length = (*weight.shape("lut"), 1) if len(weight.shape("lut")) == 1 else (1, 1, *weight.shape("lut"))
    vectors = f" in vectors of {length}" if length > 1 else ""
    palette = weight.part("lut")
    return f"{entries.bit_length() - 1}-bit palettized{vectors}" + (f" + {palette} palette" if palette else "")


def _sparse(weight: Compressed) -> str:
    return " + ".join(filter(None, ("Sparse", weight.part("nonzero_data"))))


_FORMS: Mapping[str, Callable[[Compressed], str]] = {
    "constexpr_affine_dequantize": lambda weight: weight.dtype("quantized_data"),
    "constexpr_blockwise_shift_scale": lambda weight: _integers(weight, "data", "data"),
    "constexpr_cast": lambda weight: weight.part("source_val") or weight.dtype("source_val"),
    "constexpr_lut_to_dense": _palette,
    "constexpr_lut_to_sparse": _palette,
    "constexpr_sparse_blockwise_shift_scale": lambda weight: _integers(weight, "nonzero_data", "data_mask"),
    "constexpr_sparse_to_dense": _sparse,
}

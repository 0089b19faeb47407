"""The element types that a program is lowered to, and how ONNX calls them."""

from __future__ import annotations

from dataclasses import dataclass

from onnx import TensorProto

from tensorlogic.errors import UnsupportedError, codes
from tensorlogic.mil.types import DTYPES, DType

_ONNX = {
    "fp16": TensorProto.FLOAT16, "fp32": TensorProto.FLOAT, "fp64": TensorProto.DOUBLE,
    "int8": TensorProto.INT8, "int16": TensorProto.INT16, "int32": TensorProto.INT32, "int64": TensorProto.INT64,
    "uint8": TensorProto.UINT8, "uint16": TensorProto.UINT16, "uint32": TensorProto.UINT32,
    "uint64": TensorProto.UINT64, "bool": TensorProto.BOOL, "string": TensorProto.STRING,
}  # fmt: skip

# Below a byte, each number takes a byte once it is unpacked.
_UNPACKED = {"int4": "int8", "uint1": "uint8", "uint2": "uint8", "uint3": "uint8", "uint4": "uint8", "uint6": "uint8"}

# For each precision, the declared types that are computed in another.
_REPLACED: dict[str, dict[str, str]] = {"f32": {"fp16": "fp32"}, "f16": {}}

PRECISIONS = tuple(_REPLACED)
"""What programs are lowered to: f32 computes float16 in float32, f16 is as the program declares."""


@dataclass(frozen=True, slots=True)
class Target:
    """In which types values are computed."""

    precision: str

    def dtype(self, name: str) -> DType:
        """The type that values declared as `name` have under this precision."""
        name = _UNPACKED.get(name, name)
        return DTYPES[_REPLACED[self.precision].get(name, name)]

    def computed(self, declared: DType) -> DType:
        """The same, of a type; itself where it is not computed on."""
        return self.dtype(declared.name)


def onnx_dtype(dtype: DType) -> int:
    """ONNX's number for an element type. Raises `UnsupportedError` where it is not used."""
    found = _ONNX.get(dtype.name)
    if found is None:
        raise UnsupportedError(codes.UNSUPPORTED_TYPE, f"tensors of type {dtype} cannot be computed on with ONNX")
    return found

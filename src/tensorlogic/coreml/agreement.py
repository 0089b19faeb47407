"""A function and its description must speak of the same inputs, outputs and states."""

from __future__ import annotations

from collections.abc import Sequence, Set

import numpy as np

from tensorlogic.coreml.arrays import ArrayType
from tensorlogic.coreml.features import Feature, FeatureType, OtherType
from tensorlogic.errors import BytePlace, FormatError, UnsupportedError, codes
from tensorlogic.mil import Function, StateType, TensorType, Type


def check_agreement(
    function: Function,
    inputs: Sequence[Feature],
    outputs: Sequence[Feature],
    states: Sequence[Feature],
    place: BytePlace,
) -> None:
    """Raise `FormatError` where they differ, and `UnsupportedError` for features that no program takes."""
    if any(isinstance(feature.type, OtherType) for feature in (*inputs, *outputs)):
        raise UnsupportedError(codes.UNSUPPORTED_MODEL, "models with sequences cannot be run yet", place)
    _check_names("inputs", inputs, {value.name for value in function.inputs} - function.states.keys(), place)
    _check_names("states", states, function.states.keys(), place)
    missing = [feature.name for feature in outputs if feature.name not in function.body.outputs]
    if missing or not outputs:
        message = f"the program has no output {missing[0]!r}" if missing else "the model has no outputs"
        raise FormatError(codes.BAD_PROGRAM, message, place)
    types = {value.name: value.type for value in function.values}
    for role, features, fits in (("input", inputs, _takes), ("output", outputs, _gives), ("state", states, _keeps)):
        for feature in features:
            declared = types[feature.name]
            if not fits(feature.type, declared):
                message = f"the {role} {feature.name!r} is {declared}, but its description says {feature.type}"
                raise FormatError(codes.BAD_PROGRAM, message, place)


def _check_names(kind: str, features: Sequence[Feature], names: Set[str], place: BytePlace) -> None:
    odd = ", ".join(sorted({feature.name for feature in features} ^ names))
    if odd:
        raise FormatError(codes.BAD_PROGRAM, f"the program and its description differ in {kind}: {odd}", place)


def _takes(described: FeatureType, declared: Type) -> bool:
    """Whether arrays as described become values as declared, and stay the same numbers."""
    if not isinstance(described, ArrayType):
        return True
    if not isinstance(declared, TensorType) or (_is_float(described) and _kind(declared) != "f"):
        return False
    shape = described.shapes.default
    # A feature always has an axis; a program may take a single number.
    sizes = (1,) if declared.shape == () else declared.shape
    return not shape or sizes is None or TensorType(declared.dtype, sizes).accepts(shape)


def _gives(described: FeatureType, declared: Type) -> bool:
    """Whether values as declared become arrays as described, and stay the same numbers."""
    if not isinstance(described, ArrayType):
        return True
    return isinstance(declared, TensorType) and (_is_float(described) or _kind(declared) in "iub")


def _keeps(described: FeatureType, declared: Type) -> bool:
    """Whether arrays as described are values as declared."""
    return (
        isinstance(described, ArrayType)
        and isinstance(declared, StateType)
        and declared.wrapped.dtype.numpy is not None
        and np.dtype(declared.wrapped.dtype.numpy) == np.dtype(described.dtype)
        and declared.wrapped.shape == described.shapes.default != ()
    )


def _is_float(described: ArrayType) -> bool:
    return np.dtype(described.dtype).kind == "f"


def _kind(declared: TensorType) -> str:
    """NumPy's letter for the kind of an element type."""
    return "f" if declared.dtype.numpy is None else np.dtype(declared.dtype.numpy).kind

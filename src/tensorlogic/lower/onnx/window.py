"""What convolution and pooling share: padding as ONNX takes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tensorlogic.lower.onnx.graph import Shape, Tensor
from tensorlogic.lower.window import Pads, window_pads

_AUTO = {"same": "SAME_UPPER", "same_lower": "SAME_LOWER"}


def padding(
    x: Tensor,
    pad_type: str,
    pad: Sequence[int] | None,
    kernel: Shape,
    strides: Sequence[int],
    dilations: Sequence[int],
) -> dict[str, Any]:
    """The padding of the last axes of x as an attribute: numbers, unless they depend on sizes that are not known."""
    axes = len(strides)
    if pad_type not in _AUTO:
        return {"pads": onnx_pads(window_pads(pad_type, pad, *[(1,) * axes] * 4))}
    # Where windows begin at every place, the size of an axis does not matter.
    sizes = [0 if stride == 1 else size for size, stride in zip(x.axes[-axes:], strides, strict=True)]
    if None not in (*sizes, *(kernel or (None,))):
        return {"pads": onnx_pads(window_pads(pad_type, pad, sizes, kernel, strides, dilations))}  # type: ignore[arg-type]
    if any(dilation != 1 for dilation in dilations):
        raise NotImplementedError("the padding of a dilated window depends on sizes that are not known")
    return {"auto_pad": _AUTO[pad_type]}


def onnx_pads(pads: Pads) -> list[int]:
    """Padding as ONNX takes it: what comes before each axis, then what comes after."""
    return [before for before, _ in pads] + [after for _, after in pads]

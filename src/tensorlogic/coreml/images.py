"""Image features: pictures to tensors and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tensorlogic.coreml.shapes import Shapes, Sizes
from tensorlogic.errors import FormatError, UsageError, codes

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True, slots=True)
class ImageType:
    """A picture. Inside the program it is [1, channels, height, width] with values from 0 to 255."""

    layout: str
    """RGB, BGR, GRAYSCALE or GRAYSCALE_FLOAT16."""
    shapes: Shapes
    """Height and width."""

    kind = "image"
    __tl_members__ = frozenset[str]()

    def __str__(self) -> str:
        return f"{self.layout} image {self.shapes}"

    @property
    def tensor(self) -> str:
        """What the program's tensor holds, in words."""
        planes = {"RGB": "planes of red, green and blue", "BGR": "planes of blue, green and red"}
        limits = "" if self.layout == "GRAYSCALE_FLOAT16" else ", from 0 to 255"
        return f"{planes.get(self.layout, 'one plane of grey')}{limits}"

    @property
    def _mode(self) -> str:
        """Pillow's name for pictures of this layout."""
        return {"GRAYSCALE": "L", "GRAYSCALE_FLOAT16": "F"}.get(self.layout, "RGB")

    def encode(self, value: Any, name: str) -> npt.NDArray[np.float32]:
        """`value` (a Pillow image, or an array [h, w] or [h, w, 3]) as the program's tensor."""
        picture = _as_image(value, name)
        size = (picture.height, picture.width)
        if not self.shapes.accepts(size):
            raise UsageError(
                codes.WRONG_SHAPE,
                f"the image {name!r} is {size[0]} high and {size[1]} wide, but the model takes {self.shapes}",
                help=_size_cure(self.shapes.nearest(size) or self.shapes.default),
            )
        pixels = np.asarray(picture.convert(self._mode), np.float32)
        planes = pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)
        return (planes[::-1] if self.layout == "BGR" else planes)[None]

    def zeros(self) -> npt.NDArray[np.float32]:
        """The tensor of a black picture of the default size."""
        channels = 3 if self._mode == "RGB" else 1
        return np.zeros((1, channels, *self.shapes.default), np.float32)

    def decode(self, value: Any) -> Image:
        """The program's tensor as a Pillow image; values are rounded and held within 0 to 255.

        Raises `FormatError` when the tensor is none of an image, which is the file's mistake.
        """
        from PIL import Image

        channels = 3 if self._mode == "RGB" else 1
        if np.ndim(value) < 2 or not np.size(value) or np.size(value) != channels * np.prod(np.shape(value)[-2:]):
            message = f"an output is described as a {self}, but has the shape {list(np.shape(value))}"
            raise FormatError(codes.BAD_PROGRAM, message)
        planes = np.asarray(value, np.float32).reshape(-1, *np.shape(value)[-2:])
        if self.layout == "GRAYSCALE_FLOAT16":
            return Image.fromarray(planes[0])
        pixels = np.nan_to_num(planes).round().clip(0, 255).astype(np.uint8)
        if self.layout == "GRAYSCALE":
            return Image.fromarray(pixels[0])
        ordered = pixels[::-1] if self.layout == "BGR" else pixels
        return Image.fromarray(np.ascontiguousarray(ordered.transpose(1, 2, 0)))

    def filled(self) -> None:
        """Pictures have no default value."""


def _size_cure(size: Sizes) -> str:
    height, width = size
    return f"Resize it: load_image(path, size: [{height}, {width}]) in TL, image.resize(({width}, {height})) in Python."


def _as_image(value: Any, name: str) -> Image:
    from PIL import Image

    if isinstance(value, Image.Image):
        return value
    array = np.asarray(value.detach().cpu() if hasattr(value, "detach") else value)
    channels = array.shape[2:]
    if array.dtype == np.uint8 and array.ndim in (2, 3) and channels in ((), (3,), (4,)):
        return Image.fromarray(array)
    raise UsageError(
        codes.WRONG_IMAGE,
        f"the input {name!r} must be an image, not {array.dtype}{list(array.shape)}",
        help="Give a Pillow image, load_image(path), or a uint8 array [height, width] or [height, width, 3].",
    )

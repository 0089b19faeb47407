"""Files that a program reads."""

from __future__ import annotations

import re
from glob import iglob
from typing import TYPE_CHECKING, Any

from tensorlogic.errors import FormatError, SourceError
from tensorlogic.errors.codes import BAD_IMAGE, FILE_NOT_FOUND, WRONG_ARGUMENTS
from tensorlogic.runtime.convert import as_ints, one_of
from tensorlogic.runtime.registry import builtin
from tensorlogic.runtime.session import CURRENT
from tensorlogic.runtime.sizes import check_bytes

if TYPE_CHECKING:
    from PIL import Image

_WILD = re.compile(r"[*?[]")
_PIXEL = 4
"""The bytes of a pixel of the largest kind."""


@builtin
def glob(pattern: str) -> list[str]:
    """The paths that match a pattern such as ``"images/*.png"``, sorted; ``**`` stands for any folders."""
    session = CURRENT.get()
    session.readable(pattern)
    folder, *rest = _WILD.split(pattern, maxsplit=1)
    session.readable(folder.rpartition("/")[0] or ".")
    if any(".." in each.split("/") for each in rest):
        raise SourceError(WRONG_ARGUMENTS, "`..` stands before the first `*`, `?` or `[` of a pattern, not behind it")
    found = iglob(pattern, recursive=True)  # noqa: PTH207 (`Path.glob` takes no absolute pattern)
    return sorted(path for path in found if session.may_read(path))


@builtin
def load_image(path: str, size: Any = None, mode: str | None = None) -> Image.Image:
    """An image from a file, if told scaled to ``size: [height, width]`` and with ``mode: "L"`` or ``"RGB"``.

    The file may be of any format that Pillow reads. Scaling is bilinear and does not keep the proportions.
    """
    from PIL import Image, UnidentifiedImageError

    if mode is not None:
        one_of(("L", "RGB", "RGBA"), mode, "the mode of an image")
    try:
        image: Image.Image = Image.open(CURRENT.get().readable(path))
        image.load()
    except FileNotFoundError:
        raise FormatError(FILE_NOT_FOUND, f"there is no file {path}") from None
    except (OSError, ValueError, SyntaxError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise FormatError(BAD_IMAGE, f"{path} is not an image that can be read: {error}") from error
    if mode is not None:
        image = image.convert(mode)
    if size is not None:
        width, height = _width_and_height(size)
        check_bytes(width * height * _PIXEL, f"an image of {height} by {width} pixels")
        image = image.resize((width, height), Image.Resampling.BILINEAR)
    return image


def _width_and_height(size: Any) -> tuple[int, int]:
    sizes = as_ints([size])
    if len(sizes) != 2 or min(sizes) < 1:
        raise SourceError(WRONG_ARGUMENTS, f"an image has the size [height, width], not {sizes}")
    return sizes[1], sizes[0]

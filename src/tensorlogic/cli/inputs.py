"""Inputs on the command line: files, and values as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer

from tensorlogic.errors import BytePlace, FormatError, UsageError, codes

INPUT = typer.Option(
    "--input",
    "-i",
    metavar="NAME=VALUE",
    help="An input: a .npy file, an image file, or a JSON value. NAME= may be left out for a single input.",
)


def read_inputs(texts: Sequence[str], names: Sequence[str]) -> dict[str, Any]:
    """The values of ``--input`` options by name, for a model whose inputs are `names`."""
    return dict(_input(text, names) for text in texts)


def _input(text: str, names: Sequence[str]) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if equals:
        return name, _value(value)
    if len(names) == 1:
        return names[0], _value(text)
    raise UsageError(
        codes.WRONG_ARGUMENTS,
        f"--input {text!r} does not say which input it is for",
        help=f"Write --input NAME={text}; the inputs are {', '.join(names)}.",
    )


def _value(text: str) -> Any:
    path = Path(text)
    if not path.is_file():
        try:
            return json.loads(text)
        except ValueError:
            raise UsageError(
                codes.FILE_NOT_FOUND,
                f"{text!r} is neither a file nor a JSON value",
                help=f"Relative paths start at the current folder, {Path.cwd()}.",
            ) from None
    return _array(path) if path.suffix == ".npy" else _image(path)


def _array(path: Path) -> Any:
    import numpy as np

    try:
        return np.load(path, allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise FormatError(codes.CORRUPT, f"not a NumPy file: {error}", BytePlace(str(path))) from None


def _image(path: Path) -> Any:
    from PIL import Image

    try:
        image = Image.open(path)
        image.load()
    except (OSError, ValueError, Image.DecompressionBombError):
        raise FormatError(
            codes.BAD_IMAGE,
            "not a picture that Pillow can read",
            BytePlace(str(path)),
            help="Give a .npy file, or an image such as PNG or JPEG.",
        ) from None
    return image

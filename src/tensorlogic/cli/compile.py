"""``tl compile``: a program as Python."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Form(StrEnum):
    """What a program can be written as."""

    python = "python"


def compile(
    file: Annotated[Path, typer.Argument(help="A TensorLogic program (.tl).")],
    emit: Annotated[Form, typer.Option(help="What to write the program as.")] = Form.python,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where to; without it, it is printed.")
    ] = None,
) -> None:
    """Write the Python that a program becomes, with the files that it imports. Python runs it as `tl run` does."""
    from tensorlogic.errors import UsageError, codes
    from tensorlogic.runtime import open_file
    from tensorlogic.runtime.standalone import as_python

    text = as_python(open_file(file).units)
    if output is None:
        print(text, end="")
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(codes.CANNOT_WRITE, f"cannot write {output}: {error.strerror}") from error

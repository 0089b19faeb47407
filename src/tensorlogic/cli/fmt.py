"""``tl fmt``: programs in one style."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tensorlogic.errors import UsageError, codes
from tensorlogic.formats.replacing import replacing


def fmt(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="TensorLogic programs (.tl).")],
    check: Annotated[bool, typer.Option("--check", help="Change nothing; exit with 1 if a file would change.")] = False,
) -> None:
    """Write programs in one style: indentation, spaces, line breaks. Comments stay."""
    from tensorlogic.lang.printing import format_source
    from tensorlogic.runtime.loader import read_source

    changed = []
    for file in files:
        try:
            source = read_source(file)
        except OSError as error:
            raise UsageError(codes.FILE_NOT_FOUND, f"cannot read {file}: {error.strerror}") from error
        formatted = format_source(source)
        if formatted != source.text:
            changed.append(file)
            if not check:
                with replacing(file.resolve()) as temporary:
                    temporary.write_text(formatted, encoding="utf-8", newline="")
    for file in changed:
        print(f"{'would change' if check else 'changed'} {file}")
    if check and changed:
        raise typer.Exit(1)

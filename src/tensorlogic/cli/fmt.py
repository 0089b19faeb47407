"""``tl fmt``: programs in one style."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from tensorlogic.errors import UsageError, codes


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
                _write(file, formatted)
    for file in changed:
        print(f"{'would change' if check else 'changed'} {file}")
    if check and changed:
        raise typer.Exit(1)


def _write(file: Path, text: str) -> None:
    """Put the text in the place of the file at once: what is interrupted leaves the old one."""
    target = file.resolve()
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=target.name)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as out:
            out.write(text)
        temporary.chmod(target.stat().st_mode)
        temporary.replace(target)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise UsageError(codes.CANNOT_WRITE, f"cannot write {file}: {error.strerror}") from error

"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tensorlogic.errors import UsageError, codes


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A file to write to, in the same folder, which takes the place of `path` when the block ends well.

    Raises `UsageError` for any `OSError` on the way.
    """
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        os.close(handle)
        temporary = Path(name)
        try:
            yield temporary
            temporary.chmod(path.stat().st_mode if path.exists() else 0o644)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(codes.CANNOT_WRITE, f"cannot write {str(path)!r}: {error.strerror or error}") from None

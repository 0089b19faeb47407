"""What the error codes mean: a page each, beside the table."""

from __future__ import annotations

from pathlib import Path

from tensorlogic.errors import codes
from tensorlogic.errors.codes import Code
from tensorlogic.errors.exceptions import UsageError
from tensorlogic.errors.nearest import nearest

_PAGES = Path(__file__).parent / "pages"


def every() -> list[Code]:
    """All codes, in order."""
    return sorted(value for value in vars(codes).values() if isinstance(value, Code))


def code_of(identifier: str) -> Code:
    """The code of an identifier such as ``TL0302``. Raises `UsageError` for one that there is not."""
    wanted = identifier.strip().strip("[]").upper()
    known = {code.id: code for code in every()}
    if wanted in known:
        return known[wanted]
    meant = nearest(wanted, known)
    help = f"Did you mean {meant}?" if meant else "`tl explain` lists all codes."
    raise UsageError(codes.UNKNOWN_OPTION, f"there is no error code {identifier}", help=help)


def page(code: Code) -> str:
    """What a code means and what to do, as Markdown."""
    return (_PAGES / f"{code.id}.md").read_text(encoding="utf-8")

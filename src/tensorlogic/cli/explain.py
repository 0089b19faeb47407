"""``tl explain``: what an error code means, and what to do about it."""

from __future__ import annotations

from typing import Annotated

import typer


def explain(
    code: Annotated[str, typer.Argument(help="A code such as TL0302; without one, all are listed.")] = "",
) -> None:
    """Explain an error code."""
    from tensorlogic.errors.explained import code_of, every, page

    if not code:
        for each in every():
            print(each.id, each.title)
        return
    found = code_of(code)
    print(f"{found.id}: {found.title}\n\n{page(found)}", end="")

"""What the commands share when they print."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table as Shown

    from tensorlogic.report.tables import Table


NOTHING = "–"


def print_json(data: Any) -> None:
    """One JSON document on standard output."""
    print(json.dumps(data, indent=2, ensure_ascii=False))


def interruption(error: KeyboardInterrupt) -> str:
    """What Ctrl-C has ended, and how far it had come."""
    return str(error) or "interrupted"


@contextmanager
def progress(what: str) -> Iterator[Callable[[str], None]]:
    """A spinner on standard error while the block runs, where a person looks. It is told what is done next."""
    from rich.console import Console

    with Console(stderr=True).status(what) as status:
        yield status.update


@contextmanager
def progress_bar() -> Iterator[Callable[[str, int, int], None]]:
    """A bar on standard error, where a person looks. It is told what is done now, and how many steps of how many."""
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("Reading")
        yield lambda what, done, of: bar.update(task, description=escape(what), completed=done, total=of)


def take_turns(turn: Callable[[], object]) -> None:
    """Ask and answer until the user leaves with Ctrl-D; Ctrl-C ends a turn only."""
    while True:
        try:
            turn()
        except KeyboardInterrupt:
            continue
        except EOFError:
            return


def foreign(text: str) -> str:
    """A text out of a file, which must not be taken for markup, nor be obeyed by a terminal."""
    from rich.markup import escape

    return escape(text if text.isprintable() else repr(text)[1:-1])


def size_text(size: int) -> str:
    """Bytes as people say them."""
    from rich.filesize import decimal

    return decimal(size)


def number_text(value: float | None, unit: float = 1) -> str:
    """A value in thousandths or such: three digits that count, or all those before the point."""
    if value is None:
        return NOTHING
    digits = 2 - math.floor(math.log10(value * unit)) if value > 0 else 0
    return f"{value * unit:,.{max(0, digits)}f}"


def table_of(title: str, *columns: str, numbers: int = 0) -> Shown:
    """A table whose last `numbers` columns are numbers."""
    from rich import box
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for index, column in enumerate(columns):
        right = index >= len(columns) - numbers
        table.add_column(column, justify="right" if right else "left", overflow="fold")
    return table


def page(text: str, colour: Callable[[str], str]) -> None:
    """A long text: through the user's pager in a terminal, and as it is elsewhere."""
    import pydoc

    from rich.console import Console

    console = Console()
    if not console.is_terminal:
        print(text)
        return
    # As git does: colours stay, and what fits on the screen is not paged.
    os.environ.setdefault("LESS", "FRX")
    pydoc.pager((colour(text) if console.color_system and not console.no_color else text) + "\n")


_MOST_ROWS = 24


def report_table(table: Table) -> Iterator[RenderableType]:
    """A table of a report, where it has rows: the first, and how many were left out; and its notes."""
    from rich.text import Text

    if table.rows:
        yield _shown(table)
    if len(table.rows) > _MOST_ROWS:
        yield Text(f"  and {len(table.rows) - _MOST_ROWS:,} more, which --html and --json show", "dim")
    yield from (Text(f"  {note}", "dim") for note in table.notes)


def _shown(table: Table) -> Shown:
    from rich.text import Text

    shown = table_of(table.title, *table.columns, numbers=table.numbers)
    shown.collapse_padding = True
    for index, column in enumerate(shown.columns):
        column.overflow = "ellipsis"
        column.no_wrap = index >= len(table.columns) - table.numbers
    for row in table.rows[:_MOST_ROWS]:
        shown.add_row(*map(Text, row))
    return shown

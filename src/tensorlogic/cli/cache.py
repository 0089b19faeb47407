"""``tl cache``: what is kept of prepared models, and its end."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tensorlogic.cli.console import print_json, size_text
from tensorlogic.errors import UsageError, codes

if TYPE_CHECKING:
    from tensorlogic.engines.cache import Cache, Entry

_DAY = 86400
_SHOWN = 12
_UNITS = {"day": _DAY, "hour": 3600, "minute": 60}

app = typer.Typer(
    help="Show or clear the models that are kept prepared, so that they load faster.", no_args_is_help=True
)


@app.command("list")
def list_entries(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """List what is kept, the least recently used first."""
    from tensorlogic.engines.cache import default

    cache = default()
    if as_json:
        print_json(_data(cache))
    else:
        _show(cache)


@app.command()
def clear(
    keys: Annotated[
        list[str] | None, typer.Argument(metavar="[KEY]...", help="What to remove; all without it.")
    ] = None,
    older_than: Annotated[
        float | None, typer.Option(metavar="DAYS", min=0, help="Remove only what was not used for so many days.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Remove what is kept. Models are prepared again when they are loaded."""
    from tensorlogic.engines.cache import default

    cache = default()
    entries = cache.entries()
    chosen = [_entry(entries, key) for key in dict.fromkeys(keys)] if keys else entries
    before = time.time() - (older_than or 0) * _DAY
    removed = [entry for entry in chosen if entry.used <= before and cache.remove(entry.key)]
    cache.sweep()
    freed = sum(entry.size for entry in removed)
    if as_json:
        print_json({"removed": [entry.key for entry in removed], "freed": freed})
    else:
        print(f"Removed {_count(len(removed))}, {size_text(freed)}.")


def _entry(entries: list[Entry], start: str) -> Entry:
    """The entry whose key starts like that."""
    found = [entry for entry in entries if entry.key.startswith(start)]
    if len(found) == 1:
        return found[0]
    reason = "several entries have a key" if found else "there is no entry with a key"
    message = f"{reason} that starts with {start!r}"
    raise UsageError(codes.UNKNOWN_ENTRY, message, help="`tl cache list` shows what there is.")


def _data(cache: Cache) -> dict[str, Any]:
    entries = [
        {
            "key": entry.key,
            "size": entry.size,
            "created": _timestamp(entry.created),
            "used": _timestamp(entry.used),
            "about": entry.about,
        }
        for entry in cache.entries()
    ]
    folder = None if cache.folder is None else str(cache.folder)
    return {"folder": folder, "limit": cache.limit, "entries": entries}


def _show(cache: Cache) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    if cache.folder is None:
        print("The cache is off.")
        return
    entries, now = cache.entries(), time.time()
    table = Table("key", "what", "size", "made", "used", box=None)
    for entry in entries:
        facts = _what(entry), size_text(entry.size), _age(now - entry.created), _age(now - entry.used)
        table.add_row(entry.key[:_SHOWN], *map(Text, facts))
    if entries:
        Console().print(table)
    used = size_text(sum(entry.size for entry in entries))
    print(f"{_count(len(entries))}, {used} of at most {size_text(cache.limit)}, in {cache.folder}")


def _what(entry: Entry) -> str:
    return ", ".join(entry.about.values()) or "damaged"


def _count(entries: int) -> str:
    return "1 entry" if entries == 1 else f"{entries:,} entries"


def _timestamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def _age(seconds: float) -> str:
    """So long ago, as people say it."""
    for unit, length in _UNITS.items():
        count = int(seconds // length)
        if count >= 1:
            return f"{count:,} {unit}{'s' if count > 1 else ''} ago"
    return "just now"

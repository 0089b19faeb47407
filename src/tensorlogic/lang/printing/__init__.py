"""A parsed tree as text, in one style: what ``tl fmt`` writes."""

from __future__ import annotations

from tensorlogic.lang import tree
from tensorlogic.lang.parser import parse
from tensorlogic.lang.printing.comments import Comments
from tensorlogic.lang.printing.statements import Printer
from tensorlogic.lang.source import Source

__all__ = ["format_source", "print_tree"]


def format_source(source: Source) -> str:
    """The text of a program in the one style, comments included; raises `SourceError` where it cannot be parsed.

    Numbers and strings stay as they are written, and of several empty lines one stays.
    """
    program = parse(source)
    return Printer(source, Comments(source)).program(program.statements)


def print_tree(program: tree.Program) -> str:
    """The text of a tree that no text may have been parsed to."""
    return Printer(None, None).program(program.statements)

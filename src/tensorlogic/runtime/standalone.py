"""Programs as Python files of their own: how they are written, and what they run with."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from functools import partial
from keyword import iskeyword
from pathlib import Path
from typing import Any

from tensorlogic.errors import SourceError, TensorLogicError, render
from tensorlogic.errors.codes import NESTED_TOO_DEEPLY
from tensorlogic.lang.codegen import main_name, program_name
from tensorlogic.runtime.loader import Unit
from tensorlogic.runtime.namespace import namespace
from tensorlogic.runtime.program import end, running
from tensorlogic.runtime.session import Permissions, Session

_HEADER = """\
# {name} as Python, written by `tl compile`. With TensorLogic installed, `python` runs this file as `tl run` runs the
# program, without its permissions; failures come without the lines of the program. Names end in ·f0 for functions,
# ·s0 for structs, ·g0 for variables that functions share, where 0 counts the files, and in ·b for builtins.
from tensorlogic.runtime.standalone import names, run

globals().update(names())
"""


def as_python(units: Sequence[Unit]) -> str:
    """The text of a Python module that does what the files of a program do, the last of which is run as such."""
    *_, last = units
    parts = [_HEADER.format(name=_shown(last)), *(f"# {_shown(unit)}\n{_unparsed(unit)}\n" for unit in units)]
    return "\n".join([*parts, f"if __name__ == '__main__':\n    run(globals(), {', '.join(_steps(units))})\n"])


def _shown(unit: Unit) -> str:
    """The name of a file, which cannot end the comment that it stands in."""
    return ascii(Path(unit.program.source.name).name)[1:-1]


def _unparsed(unit: Unit) -> str:
    try:
        return ast.unparse(_Valid().visit(deepcopy(unit.module)))
    except RecursionError as error:
        message = f"{unit.program.source.name} is nested too deeply to be written as Python"
        raise SourceError(NESTED_TOO_DEEPLY, message) from error


def _steps(units: Sequence[Unit]) -> Iterator[str]:
    yield from (program_name(unit.program.unit) for unit in units)
    if units[-1].program.main is not None:
        yield main_name(units[-1].program.unit)


class _Valid(ast.NodeTransformer):
    """Makes names that only compiled code can have into ones that Python's text can say too."""

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.copy_location(ast.Name(_valid(node.id), node.ctx), node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        self.generic_visit(node)
        node.name = _valid(node.name)
        return node

    def visit_keyword(self, node: ast.keyword) -> ast.keyword:
        self.generic_visit(node)
        if node.arg is None or not iskeyword(node.arg):
            return node
        return ast.keyword(None, ast.Dict([ast.Constant(node.arg)], [node.value]))


def _valid(name: str) -> str:
    return name.replace("::", "·")


def names() -> dict[str, Any]:
    """What such a module reaches: the helpers of the language and the builtins."""
    return {_valid(name): value for name, value in namespace().items() if name != "__builtins__"}


def run(module: dict[str, Any], *steps: Callable[[], object]) -> None:
    """Run the top levels of a module's program in its folder; a failure is shown, and ends Python with its code."""
    folder = Path(module["__file__"]).parent
    try:
        with running([], Session(sys.stdout, folder, Permissions()), partial(end, module)):
            for step in steps:
                step()
    except TensorLogicError as error:
        sys.stdout.flush()
        print(render(error), file=sys.stderr)
        sys.exit(error.exit_code)

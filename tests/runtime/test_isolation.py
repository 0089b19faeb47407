"""What a program cannot reach, and what starting it does not load."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tensorlogic.lang import Source, check, generate, parse
from tensorlogic.lang.emit import HELPERS
from tensorlogic.runtime.builtins import FUNCTIONS
from tensorlogic.runtime.namespace import HELPERS as GIVEN
from tensorlogic.runtime.namespace import namespace


def test_the_runtime_gives_the_helpers_that_the_compiler_calls() -> None:
    assert GIVEN.keys() == HELPERS


def test_of_pythons_builtins_there_is_only_what_torch_needs() -> None:
    assert namespace()["__builtins__"].keys() == {"__import__"}


def test_every_name_of_a_program_has_a_suffix() -> None:
    text = "fn __import__(x) { x } let eval = __import__(1) for y in [eval] { z = y.len print(z) } main { }"
    text = text.replace("y.len", "y.len()")
    module = generate(check(parse(Source("t.tl", text)), dict.fromkeys(FUNCTIONS)))
    names = {n.id for n in ast.walk(module) if isinstance(n, ast.Name)}
    assert {name for name in names if "·" not in name} <= HELPERS
    assert not [n for n in ast.walk(module) if isinstance(n, ast.Attribute | ast.Import | ast.ImportFrom)]


def test_a_program_without_tensors_loads_neither_torch_nor_numpy() -> None:
    code = (
        "import sys; from tensorlogic.runtime import run_source\n"
        "run_source('x = 0 for i in range(3) { x += sqrt(i) / 2 } print(x > 1)')\n"
        "print(sorted({'torch', 'numpy', 'PIL', 'coremltools', 'onnxruntime'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "true\n[]\n"


def test_a_program_that_only_prints_starts_at_once(tmp_path: Path) -> None:
    program = tmp_path / "hello.tl"
    program.write_text('print("hello")')
    code = (
        "import time; start = time.process_time()\n"
        "from tensorlogic.runtime import run_file\n"
        f"run_file({str(program)!r})\n"
        "print(time.process_time() - start)"
    )
    runs = [subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True) for _ in range(3)]
    assert min(float(done.stdout.splitlines()[1]) for done in runs) < 0.25


def test_a_broken_pipe_and_an_interrupt_pass_through() -> None:
    class Closed:
        def write(self, text: str) -> None:
            raise BrokenPipeError

    class Interrupted:
        def write(self, text: str) -> None:
            raise KeyboardInterrupt

    from tensorlogic.runtime import run_source

    with pytest.raises(BrokenPipeError):
        run_source("print(1)", out=Closed())  # type: ignore[arg-type]
    with pytest.raises(KeyboardInterrupt):
        run_source("print(1)", out=Interrupted())  # type: ignore[arg-type]

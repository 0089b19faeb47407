"""``tl compile``: the Python that programs become, run by Python itself."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest

from tensorlogic.runtime import open_file, run_file
from tensorlogic.runtime.standalone import as_python
from tests.cli.test_cli import tl

EXAMPLES = Path(__file__).parents[2] / "examples"


def python(path: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(path)]
    return subprocess.run(command, capture_output=True, text=True, cwd=path.parent, check=False, timeout=120)


def both(path: Path) -> tuple[str, str]:
    """What a program prints, and what the Python that it becomes prints, in this process."""
    wanted, out = io.StringIO(), io.StringIO()
    run_file(path, wanted)
    made = {"__name__": "__main__", "__file__": str(path)}
    stdout, sys.stdout = sys.stdout, out
    try:
        exec(as_python(open_file(path).units), made)
    finally:
        sys.stdout = stdout
    return wanted.getvalue(), out.getvalue()


PROGRAMS = {
    "values": 'print("it\'s", 1 / 2, [1.0, 2.0] * 2, -2 ** 2, 1e300 * 1e300, "a\\nb")\n',
    "functions": "fn fact(n: int) -> int { if n < 2 { 1 } else { n * fact(n - 1) } }\nprint(fact(5))\n",
    "shared": "count = 0\nfn more() { count += 1 }\nmore() more()\nmain { print(count) }\n",
    "types of their own": "print(f16::zeros(2), f32::from_array([1, 2]))\nv = IntVec::new()\nprint(v.len())\n",
    "structs": "struct P { x: int }\nimpl P { fn new(x: int) -> P { P { x: x } } fn f(self) { self.x + 1 } }\n"
    "p = P::new(3)\nprint(p.f(), p, p == P { x: 3 })\nmatch p { P { x: 3 } => print(\"three\"), _ => print(\"?\") }\n",
    "drops": "struct L { n: int }\nimpl Drop for L { fn drop(self) { print(self.n) } }\na = L { n: 1 }\n"
    "b = L { n: 2 }\n",
    "Python's words": "class = 1\ndef = 2\nfn lambda(from) { from + class }\nprint(lambda(def), lambda(from: 5))\n",
    "a record": 'r = topk([3.0, 1.0, 2.0], 2)\nprint(r.values, r["indices"])\n',
    "loops": "for i in range(3) { if i == 1 { continue } print(i) }\nwhile true { break }\n",
}  # fmt: skip


@pytest.mark.parametrize("text", PROGRAMS.values(), ids=PROGRAMS)
def test_python_does_the_same(text: str, tmp_path: Path) -> None:
    (tmp_path / "t.tl").write_text(text)
    wanted, found = both(tmp_path / "t.tl")
    assert found == wanted != ""


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.tl")), ids=lambda path: path.name)
def test_examples_are_valid_python(path: Path) -> None:
    compile(as_python(open_file(path).units), "t.py", "exec")


def test_a_file_by_itself(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "lib.tl").write_text("let k = 4\nfn f(x) { x * k }\n")
    (tmp_path / "t.tl").write_text('import "sub/lib.tl"\nprint(f(2))\nmain { print("main") }\n')
    assert tl("compile", "t.tl", "--emit", "python", "-o", "out.py", cwd=tmp_path).returncode == 0
    done = python(tmp_path / "out.py")
    assert (done.returncode, done.stdout, done.stderr) == (0, "8\nmain\n", "")
    assert tl("compile", "t.tl", cwd=tmp_path).stdout == (tmp_path / "out.py").read_text()
    assert tl("compile", "t.tl", "-o", "none/out.py", cwd=tmp_path).returncode == 2
    assert tl("compile", "none.tl", cwd=tmp_path).returncode == 2


def test_a_failure_is_explained(tmp_path: Path) -> None:
    (tmp_path / "t.tl").write_text('print("before")\nx = 1 / 0\n')
    (tmp_path / "out.py").write_text(as_python(open_file(tmp_path / "t.tl").units))
    done = python(tmp_path / "out.py")
    assert (done.returncode, done.stdout, done.stderr) == (1, "before\n", "error[TL0401]: division by zero\n")


def test_the_name_of_a_file_is_no_code(tmp_path: Path) -> None:
    path = tmp_path / "a\nprint(1)\n.tl"
    path.write_text("x = 1\n")
    assert "\nprint(1)" not in as_python(open_file(path).units)

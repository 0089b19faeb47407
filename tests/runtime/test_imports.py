from __future__ import annotations

import io
from pathlib import Path

import pytest

from tensorlogic.errors import SourceError, TensorLogicError, UsageError, codes
from tensorlogic.runtime import run_file
from tests.runtime.harness import under_the_caret


def run(folder: Path, files: dict[str, str]) -> str:
    """Write the files, run the first, and give back what it prints."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    out = io.StringIO()
    run_file(folder / next(iter(files)), out)
    return out.getvalue()


PROGRAMS: dict[str, tuple[dict[str, str], str]] = {
    "a function": ({"main.tl": 'import "lib.tl"\nprint(double(4))', "lib.tl": "fn double(x) { x * 2 }"}, "8\n"),
    "variables": (
        {"main.tl": 'import "lib.tl"\nprint(k, w, f())', "lib.tl": "let k = 3\ntensor w: float16[1]\nfn f() { k }"},
        "3 [0.0] 3\n",
    ),
    "only declarations": (
        {"main.tl": 'import "lib.tl"\nprint(f())', "lib.tl": 'print("no")\nfn f() { 1 }\nmain { print("no") }'},
        "1\n",
    ),
    "relative to the importing file": (
        {
            "main.tl": 'import "sub/a.tl"\nprint(a())',
            "sub/a.tl": 'import "b.tl"\nfn a() { b() + 1 }',
            "sub/b.tl": "fn b() { 10 }",
        },
        "11\n",
    ),
    "once": (
        {
            "main.tl": 'import "a.tl"\nimport "b.tl"\nimport "./a.tl"\nprint(next(), next(), b())',
            "a.tl": "let n = 0\nfn next() { n += 1 n }",
            "b.tl": 'import "a.tl"\nfn b() { next() }',
        },
        "1 2 3\n",
    ),
    "what an import imports": (
        {"main.tl": 'import "a.tl"\nprint(b())', "a.tl": 'import "b.tl"', "b.tl": "fn b() { 7 }"},
        "7\n",
    ),
    "own names win, and leave those of the other file alone": (
        {
            "main.tl": 'import "lib.tl"\nfn helper() { "mine" }\nlet k = 5\nprint(helper(), k, both())',
            "lib.tl": 'let k = 1\nfn helper() { "theirs" }\nfn both() { helper() + str(k) }',
        },
        "mine 5 theirs1\n",
    ),
    "an assignment makes a variable of this file": (
        {"main.tl": 'import "lib.tl"\nk = k + 1\nprint(k, f())', "lib.tl": "let k = 1\nfn f() { k }"},
        "2 1\n",
    ),
    "a variable that the other file changes": (
        {
            "main.tl": 'import "lib.tl"\nf()\nprint(k)\nfn g() { k }\nprint(g())',
            "lib.tl": "let k = 1\nfn f() { k += 1 }",
        },
        "2\n2\n",
    ),
}


@pytest.mark.parametrize(("files", "want"), PROGRAMS.values(), ids=PROGRAMS)
def test_import(files: dict[str, str], want: str, tmp_path: Path) -> None:
    assert run(tmp_path, files) == want


def test_a_cycle_is_shown(tmp_path: Path) -> None:
    files = {"a.tl": 'import "b.tl"', "b.tl": '\nimport "c.tl"', "c.tl": 'fn f() { 1 }\nimport "a.tl"'}
    with pytest.raises(SourceError) as caught:
        run(tmp_path, files)
    (found,) = caught.value.diagnostics
    assert found.code == codes.IMPORT_CYCLE
    assert found.message.replace(f"{tmp_path}/", "") == "files import each other: a.tl → b.tl → c.tl → a.tl"
    assert under_the_caret(found) == (2, '"a.tl"')


@pytest.mark.parametrize("name", ["none.tl", "", ".", "no\0.tl", "a.tl/b.tl"])
def test_a_file_that_is_not_there(name: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        run(tmp_path, {"a.tl": f'x = 1\nimport "{name}"'})
    assert caught.value.code == codes.IMPORT_NOT_FOUND
    assert under_the_caret(caught.value.diagnostics[0]) == (2, f'"{name}"')


@pytest.mark.parametrize(
    ("lib", "place"),
    [("x = (", "lib.tl:1:6"), ("fn f() { y }", "lib.tl:1:10"), ("let x = 1\nlet y = x / 0", "lib.tl:2:9")],
)
def test_a_problem_in_an_imported_file_has_its_place_there(lib: str, place: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        run(tmp_path, {"main.tl": 'import "lib.tl"', "lib.tl": lib})
    assert str(caught.value.diagnostics[0].place).endswith(place)


def test_a_failure_in_an_imported_function_shows_the_way_there(tmp_path: Path) -> None:
    files = {"main.tl": 'import "lib.tl"\n\nf(0)', "lib.tl": "fn f(x) {\n 1 / x }"}
    with pytest.raises(SourceError) as caught:
        run(tmp_path, files)
    (found,) = caught.value.diagnostics
    assert str(found.place) == f"{tmp_path}/lib.tl:2:2"
    assert found.notes == (f"in `f`, called at {tmp_path}/main.tl:3",)


def test_the_main_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        run_file(tmp_path / "none.tl")
    assert caught.value.code == codes.FILE_NOT_FOUND
    with pytest.raises(UsageError):
        run_file(tmp_path)


def test_a_file_that_is_not_text(tmp_path: Path) -> None:
    path = tmp_path / "a.tl"
    path.write_bytes(b"x = 1\ny = \xff")
    with pytest.raises(TensorLogicError) as caught:
        run_file(path)
    assert caught.value.code == codes.UNEXPECTED_CHARACTER
    assert str(caught.value.diagnostics[0].place).endswith("a.tl:2:5")


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    path = tmp_path / "a.tl"
    path.write_bytes(b'\xef\xbb\xbfprint("ok")\r\nprint(1)\r\n')
    out = io.StringIO()
    run_file(path, out)
    assert out.getvalue() == "ok\n1\n"

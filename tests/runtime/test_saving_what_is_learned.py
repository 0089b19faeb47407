"""`save_model` with a path alone: what the program has learned, by its names."""

from __future__ import annotations

from pathlib import Path

import pytest
from safetensors.torch import load_file

from tensorlogic.errors import codes
from tests.runtime.harness import failure, output

LEARNED = """entity P = {a, b}
tensor w: float32[2] learnable = [1, 2]
embedding e { entities: P, dimension: 1, init: ones }
"""
SAVED = {
    "": {"w": [1, 2], "e": [[1], [1]]},
    "w = [3, 4]\ne = [[5], [6]]": {"w": [3, 4], "e": [[5], [6]]},
    "learn { objective: sum(w), optimizer: sgd(lr: 1), epochs: 2 }": {"w": [-1, 0], "e": [[1], [1]]},
    # The tensors of functions are their own, and so are those that are not learnable.
    "fn f() { tensor v: float32[1] learnable\nv }\nf()\ntensor y: float32[1]": {"w": [1, 2], "e": [[1], [1]]},
    "tensor w: float32[1] learnable = 7": {"w": [7], "e": [[1], [1]]},
}  # fmt: skip


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(("then", "want"), SAVED.items())
def test_saved(then: str, want: dict[str, list[float]]) -> None:
    output(f'{LEARNED}{then}\nsave_model("all.safetensors")')
    found = load_file("all.safetensors")
    assert {name: tensor.tolist() for name, tensor in found.items()} == want


def test_what_was_saved_goes_on() -> None:
    output(LEARNED + 'save_model("all.safetensors")')
    again = 'm = load_model("all.safetensors")\nw = m.w * 2\ne = m.get_tensor("e") * 3\nprint(w, e["a"], e["b"])'
    assert output(LEARNED + again) == "[2.0, 4.0] [3.0] [3.0]"
    assert output('tensor v: float32[2] learnable = load_model("all.safetensors").w\nprint(v)') == "[1.0, 2.0]"


def test_what_imported_files_learn_is_saved_too(folder: Path) -> None:
    (folder / "other.tl").write_text("tensor v: float32[1] learnable = 3\n", encoding="utf-8")
    output(f'import "other.tl"\n{LEARNED}save_model("all.safetensors")')
    assert load_file("all.safetensors").keys() == {"v", "w", "e"}
    (folder / "other.tl").write_text("tensor w: float32[1] learnable = 3\n", encoding="utf-8")
    found = failure(f'import "other.tl"\n{LEARNED}save_model("all.safetensors")')
    assert (found.code, found.message) == (codes.WRONG_ARGUMENTS, "two files have something learnable called `w`")


FAILURES = {
    'save_model("all.safetensors")': (codes.WRONG_ARGUMENTS, "the program has nothing learnable"),
    'tensor w: float32[1] learnable\nsave_model("../all.safetensors")':
        (codes.CANNOT_WRITE, "../all.safetensors is outside the folder that the program runs in"),
    "tensor w: float32[1] learnable\nsave_model(w)": (codes.WRONG_TYPE, "a path is a string, not a float32[1]"),
}  # fmt: skip


@pytest.mark.parametrize(("program", "want"), FAILURES.items())
def test_failure(program: str, want: tuple[codes.Code, str]) -> None:
    found = failure(program)
    assert (found.code, found.message) == want

"""The documentation runs: fenced blocks are programs and commands, and links and targets that it names exist."""

from __future__ import annotations

import contextlib
import io
import re
import shutil
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.pages import blocks, compare, examples

PAGES = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
LESSONS = ROOT / "docs" / "language"
RUN = {"tl", "output", "error", "console"}


@pytest.fixture
def folder(package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where examples run: with a model.mlpackage."""
    shutil.copytree(package, tmp_path / "model.mlpackage")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("page", [page for page in PAGES if examples(page)], ids=lambda page: page.name)
def test_what_a_page_shows_is_what_happens(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    for example in examples(page):
        compare(example)


@pytest.mark.parametrize("page", sorted(LESSONS.glob("*.md")), ids=lambda page: page.name)
def test_every_block_of_the_lessons_runs(page: Path) -> None:
    assert {block.kind for block in blocks(page)} <= RUN | {"ebnf"}
    fences = re.findall("^```", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(fences) == 2 * len(blocks(page))


def python_blocks() -> list:
    return [
        pytest.param(block.text, id=f"{page.name}-{index}")
        for page in PAGES
        if page.name in ("README.md", "onnx.md")
        for index, block in enumerate(blocks(page))
        if block.kind == "python"
    ]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("text", python_blocks())
def test_python_for_users(text: str) -> None:
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(text, "documentation", "exec"), {})


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?://)([^)#]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


def test_make_targets_of_the_documentation_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for page in PAGES:
        named = re.findall(r"^(?:    )?make ([a-z-]+)|`make ([a-z-]+)", page.read_text(encoding="utf-8"), re.MULTILINE)
        assert {target for pair in named for target in pair if target} <= targets


def test_every_program_of_the_examples_is_sound() -> None:
    from tensorlogic.lang import Source, check, parse
    from tensorlogic.runtime.builtins import CONSTANTS, FUNCTIONS
    from tensorlogic.runtime.calls import Signatures

    for path in sorted((ROOT / "examples").glob("*.tl")):
        check(
            parse(Source(path.name, path.read_text(encoding="utf-8"))),
            Signatures(FUNCTIONS),
            constants=set(CONSTANTS),
        )

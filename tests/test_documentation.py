"""The documentation runs: fenced `tl` and `python` blocks are programs, and commands that it names exist."""

from __future__ import annotations

import contextlib
import io
import re
import shutil
from pathlib import Path

import pytest

from tensorlogic.runtime import run_source
from tests.conftest import ROOT

PAGES = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# What a block prints is said in comments at the ends of its lines.
EXPECTED = re.compile(r"^print\(.*?//\s*(\w+)$", re.MULTILINE)


def blocks(language: str) -> list:
    return [
        pytest.param(text, id=f"{page.name}-{index}")
        for page in PAGES
        for index, (kind, text) in enumerate(BLOCK.findall(page.read_text(encoding="utf-8")))
        if kind == language
    ]


@pytest.fixture
def folder(package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where examples run: with a model.mlpackage."""
    shutil.copytree(package, tmp_path / "model.mlpackage")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("text", blocks("tl"))
def test_programs_of_the_documentation(text: str) -> None:
    out = io.StringIO()
    run_source(text, "documentation.tl", out)
    for word in EXPECTED.findall(text):
        assert word in out.getvalue()


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("text", [b for b in blocks("python") if b.id.startswith(("README", "onnx"))])
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

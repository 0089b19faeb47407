"""The documentation runs: fenced blocks are programs and commands, and links and targets that it names exist."""

from __future__ import annotations

import contextlib
import io
import re
import shutil
from pathlib import Path

import pytest
from scripts import advisor_page, builtins_page

from tests.advisor import planted
from tests.conftest import ROOT
from tests.models.llama import SmallLlama
from tests.pages import blocks, compare, examples

PAGES = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
LESSONS = ROOT / "docs" / "language"
RUN = {"tl", "csv", "output", "error", "console", "repl"}


@pytest.fixture(scope="session")
def overflowing_package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network of 300 operations in the middle of which one overflows in f16."""
    path = tmp_path_factory.mktemp("package") / "network.mlpackage"
    planted.write(path, planted.chain(planted.overflow))
    return path


@pytest.fixture
def folder(
    package: Path,
    float32_package: Path,
    overflowing_package: Path,
    llama: SmallLlama,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """Where examples run: model.mlpackage, float32.mlpackage, network.mlpackage that overflows, and assistant.gguf."""
    for name, given in (("model", package), ("float32", float32_package), ("network", overflowing_package)):
        shutil.copytree(given, tmp_path / f"{name}.mlpackage")
    shutil.copy(llama.gguf("Q8_0"), tmp_path / "assistant.gguf")
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


def test_the_lessons_are_listed() -> None:
    listed = re.findall(r"\]\(([\w-]+\.md)\)", (LESSONS / "README.md").read_text(encoding="utf-8"))
    assert sorted(listed) == sorted(page.name for page in LESSONS.glob("*.md") if page.name != "README.md")


UNTRUE = {
    "output": "```tl\nprint(1)\n```\n```output\n2\n```\n",
    "output that is not shown": "```tl\nprint(1)\n```\n",
    "comment": "```tl\nprint(1)  // 2\n```\n",
    "error": "```tl\nprint(1 / 0)\n```\n```error\nerror[TL0401]: division by one\n```\n",
    "error that is not shown": "```tl\nprint(1)\nprint(1 / 0)\n```\n```output\n1\n```\n",
    "command": "```console\n$ tl explain TL0801\nTL0801: …\n```\n",
    "answer": "```repl\ntl> 1 + 1\n3\n```\n",
    "answer that is not shown": "```repl\ntl> 1 + 1\ntl> x = 1\n```\n",
}


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("text", UNTRUE.values(), ids=UNTRUE)
def test_a_page_that_shows_something_else_is_found(text: str) -> None:
    Path("page.md").write_text(text, encoding="utf-8")
    (example,) = examples(Path("page.md"))
    with pytest.raises(AssertionError):
        compare(example)


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
    links = re.findall(r"\]\((?!https?://)([^)#]*)(?:#([^)]+))?\)", page.read_text(encoding="utf-8"))
    for target, heading in links:
        path = page.parent / target if target else page
        assert path.exists(), target
        assert not heading or heading in anchors(path), heading


def anchors(page: Path) -> set[str]:
    """What links to the headings of a page end with."""
    headings = re.findall(r"^#+ (.*)", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_page_of_builtins_is_current() -> None:
    assert builtins_page.PAGE.read_text(encoding="utf-8") == builtins_page.page(), "python -m scripts.builtins_page"


def test_the_placements_of_the_advisor_are_current() -> None:
    text = advisor_page.PAGE.read_text(encoding="utf-8")
    assert advisor_page.written("placement", text) == advisor_page.current("placement"), (
        "python -m scripts.advisor_page"
    )


def test_how_good_the_estimates_are_is_current() -> None:
    """Other processors may round otherwise."""
    text = advisor_page.PAGE.read_text(encoding="utf-8")
    shown, wanted = advisor_page.written("estimates", text), advisor_page.current("estimates")
    number = re.compile(r"\d+\.?\d*(?:e[+-]\d+)?")
    assert number.sub("", shown) == number.sub("", wanted), "python -m scripts.advisor_page"
    assert [*map(float, number.findall(shown))] == pytest.approx([*map(float, number.findall(wanted))], rel=0.02)


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


def test_the_grammar_names_every_keyword_type_and_operator() -> None:
    from tensorlogic.lang import types
    from tensorlogic.lang.expressions import INFIX
    from tensorlogic.lang.lexer import KEYWORDS
    from tensorlogic.lang.parser import AUGMENTED, DECLARED_BY

    text = (LESSONS / "grammar.md").read_text(encoding="utf-8")
    words = re.search(r"^keyword = (.*?);", text, re.MULTILINE | re.DOTALL)
    assert words is not None
    assert set(re.findall(r"'(\w+)'", words[1])) == KEYWORDS
    assert all(f"'{word}'" in text for word in (*DECLARED_BY, *AUGMENTED))
    assert all(f"`{name}`" in text for name in types.NAMES)
    lines = re.findall(r"^\| (`.*?) \| ", text, re.MULTILINE)
    rows = [set(re.findall(r"`(\S+?)`", line.replace("\\|", "|"))) & INFIX.keys() for line in lines]
    levels = sorted({infix.power for infix in INFIX.values()})
    assert [row for row in rows if row] == [{o for o, infix in INFIX.items() if infix.power == p} for p in levels]

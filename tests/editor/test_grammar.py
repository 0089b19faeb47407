"""The TextMate grammar says the same words as the language, and an editor sees what is written down here."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tensorlogic.lang import types
from tensorlogic.lang.lexer import KEYWORDS
from tensorlogic.lang.parser import DECLARED_BY
from tensorlogic.runtime.builtins import CONSTANTS, FUNCTIONS

ROOT = Path(__file__).parents[2]
EXTENSION = ROOT / "editors" / "vscode"
GRAMMAR = EXTENSION / "syntaxes" / "tensorlogic.tmLanguage.json"
RULES: dict[str, Any] = json.loads(GRAMMAR.read_text(encoding="utf-8"))["repository"]
WORDS = ("keyword", "storage", "constant.language", "support.type")


def rules(node: Any) -> Iterator[tuple[str, re.Pattern[str]]]:
    """Every pattern of the grammar, with the name of what it matches."""
    if isinstance(node, dict):
        if "match" in node:
            yield node.get("name", ""), re.compile(node["match"])
        node = list(node.values())
    if isinstance(node, list):
        for each in node:
            yield from rules(each)


def scopes(word: str) -> list[str]:
    """As what the grammar highlights a word that stands by itself."""
    return [name for name, rule in rules(RULES) if name.startswith(WORDS) and rule.fullmatch(word)]


def words(rule: str) -> set[str]:
    return {word for _, pattern in rules(RULES[rule]) for word in re.findall(r"(?<!\\)\b[a-z]\w*", pattern.pattern)}


def test_the_words_are_those_of_the_language() -> None:
    assert words("keywords") == set(KEYWORDS)
    assert words("types") == set(types.NAMES)


@pytest.mark.parametrize("word", sorted({*KEYWORDS, *types.NAMES}))
def test_words_are_highlighted(word: str) -> None:
    assert len(scopes(word)) == 1
    assert not scopes(f"{word}s")
    assert not scopes(f"_{word}")


def test_nothing_else_is() -> None:
    names = {*FUNCTIONS, *CONSTANTS, *DECLARED_BY, "self", "entity", "learn", "query", "where", "learnable", "frozen"}
    plain = {name for name in names if "::" not in name} - set(types.NAMES)
    assert [name for name in sorted(plain) if scopes(name)] == []


DECLARATIONS = ["fn f", "struct S", "test t {", "bench b {", "tensor t:", "impl S", "main {", "python import x"]
DECLARATIONS += ["entity P", "relation R", "rule R", "explain R", "embedding e", "relation_embedding e"]
DECLARATIONS += ["infer {", "learn {", "no_grad {"]


@pytest.mark.parametrize("text", DECLARATIONS)
def test_declarations_are_highlighted(text: str) -> None:
    word = text.split()[0]
    found = [rule.search(text) for _, rule in rules(RULES["declarations"])]
    assert [match[0].split()[0] for match in found if match] == [word]
    assert not any(rule.search(f"x = {word} + 1") for _, rule in rules(RULES["declarations"]))


def test_declarations_are_those_of_the_language() -> None:
    assert {text.split()[0] for text in DECLARATIONS} - {"fn"} == set(DECLARED_BY)


@pytest.mark.parametrize("path", sorted(EXTENSION.rglob("*.json")), ids=lambda path: path.name)
def test_the_extension_is_whole(path: Path) -> None:
    json.loads(path.read_text(encoding="utf-8"))


def test_the_extension_names_files_that_exist() -> None:
    package = json.loads((EXTENSION / "package.json").read_text(encoding="utf-8"))
    [language], [grammar] = package["contributes"]["languages"], package["contributes"]["grammars"]
    for path in (package["main"], language["configuration"], grammar["path"]):
        assert (EXTENSION / path).is_file()
    assert language["extensions"] == [".tl"]


SEEN = [
    (
        'fn half(x: float32[n, 2]) -> float { x / 2.5e-1 }  // "no" text',
        "fn=storage.type.function half=entity.name.function float32=support.type 2=constant.numeric "
        "->=keyword.operator float=support.type /=keyword.operator 2.5e-1=constant.numeric "
        '// "no" text=comment.line.double-slash',
    ),
    (
        'let Box = "{}\\n" as string',
        'let=storage.type Box=entity.name.type ==keyword.operator "=string.quoted.double {}=constant.other.placeholder '
        '\\n=constant.character.escape "=string.quoted.double as=keyword.operator.word string=support.type',
    ),
    (
        "p = Point::new(1) ** 2",
        "==keyword.operator Point=entity.name.type ::=keyword.operator new=entity.name.function 1=constant.numeric "
        "**=keyword.operator 2=constant.numeric",
    ),
    (
        "struct Box<T> { x: T }",
        "struct=storage.type.struct Box=entity.name.type <=keyword.operator >=keyword.operator",
    ),
    (
        "impl Drop for Point { }",
        "impl=storage.type.impl Drop=entity.name.type for=keyword.control Point=entity.name.type",
    ),
    (
        "tensor w: float16[3] frozen = zeros(3)",
        "tensor=storage.type.tensor w=variable.other float16=support.type 3=constant.numeric frozen=storage.modifier "
        "==keyword.operator zeros=entity.name.function 3=constant.numeric",
    ),
    (
        "test adds { assert(not true) }",
        "test=storage.type.trial adds=entity.name.function assert=entity.name.function not=keyword.operator.word "
        "true=constant.language.boolean",
    ),
    ("main { tensor = test + main }", "main=storage.type.main ==keyword.operator +=keyword.operator"),
    ('/* a "comment', '/*=comment.block a "comment=comment.block'),
    ("if 1 */ iffy", "if 1=comment.block */=comment.block"),
    ("y += in_order - x1", "+==keyword.operator -=keyword.operator"),
]


@pytest.mark.slow
def test_editors_see_it_so(tmp_path: Path) -> None:
    """Needs the packages vscode-textmate and vscode-oniguruma where `NODE_PATH` says."""
    (tmp_path / "seen.tl").write_text("\n".join(text for text, _ in SEEN), encoding="utf-8")
    for (_, wanted), tokens in zip(SEEN, tokenized(tmp_path / "seen.tl"), strict=True):
        coloured = [(part.strip(), scope) for part, scope in tokens if scope != "source.tensorlogic"]
        assert " ".join(f"{part}={scope.removesuffix('.tensorlogic')}" for part, scope in coloured) == wanted


@pytest.mark.slow
def test_examples_are_highlighted() -> None:
    """Nothing but names, brackets and punctuation is left plain."""
    for line in tokenized(*sorted((ROOT / "examples").rglob("*.tl"))):
        plain = [part.strip() for part, scope in line if scope == "source.tensorlogic"]
        assert [part for part in plain if not re.fullmatch(r"[\w\s()\[\]{},.:;]*", part)] == []


def tokenized(*paths: Path) -> list[list[list[str]]]:
    """The tokens of files, as the library sees them that editors use."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    command = [node, str(Path(__file__).with_name("tokens.js")), str(GRAMMAR), *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    if "Cannot find module" in done.stderr:
        pytest.skip("vscode-textmate and vscode-oniguruma are not installed")
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]

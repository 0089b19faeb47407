"""Entities, relations, rules, equations and learning as an editor shows them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.editor.client import Client

pytest.importorskip("pygls")

FAMILY = """// Who there is.
entity Person = {alice, bob}
relation Parent(x: Person, y: Person)
relation Age(x: Person, n: int)
"""
MAIN = """import "family.tl"
Parent(alice, bob)
rule Ancestor(X, Y) <- Parent(X, Y)
Ancestor(X, Z) <- Parent(X, Y), Ancestor(Y, Z)
Ancestor(alice, X)?
embedding e { entities: Person, dimension: 2, init: xavier }
tensor w: float32[2] learnable
score[x] <- e[x, k] * w[k]
learn {
    objective: sum((w - 1.0) ** 2),
    optimizer: adam(lr: 0.1, beta1: 0.8),
    scheduler: cosine(t_max: 9), epochs: 3
}
print(query Parent(alice, X), Person)
"""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    folder = tmp_path_factory.mktemp("clauses").resolve()
    (folder / "family.tl").write_text(FAMILY)
    client = Client(folder)
    client.texts["family.tl"] = FAMILY
    client.open("main.tl", MAIN)
    assert client.problems("main.tl") == []
    yield client
    assert client.stop() == 0


HOVERS = [
    ("Par|ent(alice, bob)", "relation Parent(x: Person, y: Person)"),
    ("rule Ance|stor", "relation Ancestor(_, _)"),
    ("entities: Per|son", "entity Person = {alice, bob}\n\nWho there is."),
    ("embedding |e", "e learnable"),
    ("tensor |w", "w: float32[2] learnable"),
    ("sco|re[x]", "score: tensor[?]"),
    ("optim|izer:", "optimizer: …\n\nWhat moves the learnable tensors: sgd, adam or adamw."),
    ("co|sine(", "cosine(t_max: …, eta_min: 0.0, warmup: 0)\n\nHalf a cosine from the rate to `eta_min`, in `t_max` "
     "epochs, or in all (Loshchilov and Hutter, 2017)."),
    ("bet|a1:", "beta1: 0.9"),
]  # fmt: skip


@pytest.mark.parametrize(("place", "want"), HOVERS)
def test_hover(client: Client, place: str, want: str) -> None:
    value = client.about("hover", "main.tl", place)["contents"]["value"]
    assert value.removeprefix("```tl\n").replace("\n```", "") == want


DEFINITIONS = [
    ("<- Parent(X, Y), Ance|stor", "main.tl 3: Ancestor"),
    ("query Par|ent(alice", "family.tl 3: Parent"),
    ("entities: Per|son", "family.tl 2: Person"),
    ("* |w[k]", "main.tl 7: w"),
    ("<- |e[x, k]", "main.tl 6: e"),
]


def said(client: Client, location: dict[str, Any]) -> str:
    name = location["uri"].rpartition("/")[2]
    return f"{name} {client.marked(name, location['range'])}"


@pytest.mark.parametrize(("place", "want"), DEFINITIONS)
def test_definition(client: Client, place: str, want: str) -> None:
    assert said(client, client.about("definition", "main.tl", place)) == want


RENAMED = [
    ("Ances|tor(alice", "main.tl", ["3: Ancestor", "4: Ancestor", "4: Ancestor", "5: Ancestor"]),
    ("Par|ent(alice, b", "main.tl", ["2: Parent", "3: Parent", "4: Parent", "14: Parent"]),
    ("Par|ent(alice, b", "family.tl", ["3: Parent"]),
    ("entities: Per|son", "family.tl", ["2: Person", "3: Person", "3: Person", "4: Person"]),
    ("<- |e[x, k]", "main.tl", ["6: e", "8: e"]),
    ("tensor |w", "main.tl", ["7: w", "8: w", "10: w"]),
]


@pytest.mark.parametrize(("place", "file", "want"), RENAMED)
def test_rename(client: Client, place: str, file: str, want: list[str]) -> None:
    changes = client.about("rename", "main.tl", place, newName="Other")["changes"]
    assert sorted(client.marked(file, edit["range"]) for edit in changes[client.uri(file)]) == sorted(want)


def test_symbols(client: Client) -> None:
    client.open("outline.tl", FAMILY + MAIN.partition("\n")[2])
    found = client.about("documentSymbol", "outline.tl")
    assert [(each["name"], [inner["name"] for inner in each["children"]]) for each in found] == [
        ("Person", ["alice", "bob"]),
        *[(name, []) for name in ("Parent", "Age", "Ancestor", "e", "w", "score")],
    ]


COMPLETIONS = [
    ("Parent(al|", ["alice", "bob"], ["x: "]),
    ("Age(bob, |", ["Person"], ["alice", "n: "]),
    ("A|", ["Age", "Parent", "Person"], ["alice"]),
    ("learn {\n    o|", ["objective: ", "optimizer: ", "batch: ", "checkpoint: "], ["adam"]),
    ("learn { objective: 1, optimizer: |", ["sgd", "adam", "adamw"], ["cosine", "batch: "]),
    ("learn { scheduler: c|", ["cosine", "warmup"], ["adam"]),
    ("learn { optimizer: sgd(|", ["lr: ", "momentum: ", "nesterov: "], ["beta1: "]),
    ("learn { optimizer: sgd(lr: 0.1, |", ["momentum: "], ["beta1: "]),
    ("embedding e { |", ["entities: ", "dimension: ", "init: "], []),
    ("embedding e { entities: Person, init: |", ["xavier", "he"], ["dimension: "]),
    ("infer |", ["forward", "symbolic"], []),
]


@pytest.mark.parametrize(("written", "there", "missing"), COMPLETIONS)
def test_completion(client: Client, written: str, there: list[str], missing: list[str]) -> None:
    client.open("typing.tl", FAMILY)
    client.about("documentSymbol", "typing.tl")
    client.change("typing.tl", FAMILY + written.removesuffix("|"))
    found = {item["label"] for item in client.about("completion", "typing.tl", written)}
    assert (set(there) - found, found & set(missing)) == (set(), set())


def test_what_a_relation_takes(client: Client) -> None:
    client.open("call.tl", FAMILY + "Age(bob, 3)\n")
    found = client.about("signatureHelp", "call.tl", "Age(bob, |3")
    assert (found["signatures"][0]["label"], found["activeParameter"]) == ("Age(x, n)", 1)


COLOURED = """enum:Person enumMember:alice enumMember:bob
interface:Parent enum:Person enum:Person
interface:Parent enumMember:alice enumMember:bob
interface:Ancestor parameter:X interface:Parent parameter:X parameter:_
variable:e property:entities enum:Person property:dimension property:init function:xavier
variable:w
variable:score parameter:x variable:e parameter:x parameter:k variable:w parameter:k
property:objective function:sum variable:score variable:w property:optimizer function:adam property:lr property:epochs
function:print interface:Parent enumMember:alice parameter:X variable:score enum:Person
"""


def test_colours(client: Client) -> None:
    text = """entity Person = {alice, bob}
relation Parent(x: Person, y: Person)
Parent(alice, bob)
Ancestor(X) <- Parent(X, _)
embedding e { entities: Person, dimension: 2, init: xavier }
tensor w: float32[2] learnable
score[x] <- e[x, k] * w[k]
learn { objective: sum(score * w), optimizer: adam(lr: 0.1), epochs: 3 }
print(query Parent(alice, X), score, Person)
"""
    client.open("colours.tl", text)
    legend = client.capabilities["semanticTokensProvider"]["legend"]
    data = client.about("semanticTokens/full", "colours.tl")["data"]
    lines: list[list[str]] = [[] for _ in text.splitlines()]
    line = column = 0
    learnable: set[str] = set()
    for down, right, length, kind, modifiers in zip(*[iter(data)] * 5, strict=True):
        line, column = line + down, right + (0 if down else column)
        word = text.splitlines()[line][column : column + length]
        lines[line].append(f"{legend['tokenTypes'][kind]}:{word}")
        if modifiers >> legend["tokenModifiers"].index("learnable") & 1:
            learnable.add(word)
    assert [" ".join(each) for each in lines] == COLOURED.splitlines()
    assert learnable == {"e", "w"}


def test_colours_of_long_chains(client: Client) -> None:
    """Operators in a chain are a deep tree."""
    client.open("long.tl", f"y = [1.0]\nx[i] <- {' + '.join(['y[i]'] * 300)}\n")
    assert client.problems("long.tl") == []
    assert len(client.about("semanticTokens/full", "long.tl")["data"]) == 5 * (1 + 2 + 600)

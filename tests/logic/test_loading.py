"""Facts from files, and files that hold none."""

import duckdb
import pytest

from tensorlogic.logic import KnowledgeError
from tests.logic.texts import atom, knowledge, shown

DECLARED = """
entity Person
entity Closed = ann bob
relation Age(name: Person, years: int)
relation Pair(a, b)
relation Weight(name: string, w: float)
relation Is(name: Closed, well: bool)
relation Reach(a, b)
Reach(X, Y) <- Pair(X, Y)
Reach(X, Z) <- Reach(X, Y), Pair(Y, Z)
"""
CSV = [
    ("Age", "ann,31\nbob,4\n", [("ann", 31), ("bob", 4)]),
    ("Age", "name,years\nann,31\n", [("ann", 31)]),
    ("Age", "who,how old\nann,31\n", [("ann", 31)]),
    ("Age", 'years,name\n31,"ann, the ""first"""\n', [('ann, the "first"', 31)]),
    ("Age", "name,years\r\nZoë,31\r\n", [("Zoë", 31)]),
    ("Age", "ann,31\nann,31\n", [("ann", 31)]),
    ("Weight", "ann,31\nbob,4.5e1\n", [("ann", 31.0), ("bob", 45.0)]),
    ("Is", "ann,true\nbob,false\n", [("ann", True), ("bob", False)]),
    ("Pair", "1,x\n2,3\n", [(1, "x"), (2, "3")]),
    ("Pair", "true,b\n", [(True, "b")]),
    ("Pair", "0.5,a\n2,b\n", [(0.5, "a"), (2.0, "b")]),
]
BAD = [
    ("Age", "f.csv", "ann,31\nbob,old\n", "type", "years is of type int, not 'old', in line 2 of f.csv"),
    ("Age", "f.csv", "ann,0.5\n", "type", "years is of type int, not '0.5', in line 1 of f.csv"),
    ("Age", "f.csv", "name,years\nann,\n", "value", "line 2 of f.csv has no value for years"),
    ("Age", "f.csv", "ann,31,x\n", "arity", "f.csv: Age has 2 values, not 3"),
    ("Age", "f.csv", "ann,31\nbob\n", "file", "cannot read facts from f.csv"),
    ("Age", "f.csv", "", "arity", "f.csv: Age has 2 values, not 0"),
    ("Is", "f.csv", "ann,true\ncarl,true\n", "closed", "carl is no Closed, and Closed is closed"),
    ("Age", "f.txt", "ann,31\n", "file", "f.txt is no file of facts"),
    ("Age", "*.csv", "ann,31\n", "file", "*.csv is no file of facts"),
    ("Age", "f.parquet", "ann,31\n", "file", "cannot read facts from f.parquet"),
    ("Age", "none/f.csv", None, "file", "there is no file f.csv"),
    ("Agee", "f.csv", "ann,31\n", "unknown", "there is no relation Agee"),
]


@pytest.mark.parametrize("large", [10**9, 0], ids=["in rows", "in columns"])
@pytest.mark.parametrize(("relation", "text", "wanted"), CSV)
def test_csv(tmp_path, relation, text, wanted, large):
    file = tmp_path / "it's.csv"
    file.write_text(text, encoding="utf-8", newline="")
    made = knowledge(DECLARED)
    made.large = large
    made.load(relation, file)
    assert made.rows(relation) == wanted
    if relation == "Age":
        assert made.members("Person") == [name for name, _ in wanted]


@pytest.mark.parametrize(("relation", "name", "text", "kind", "message"), BAD)
def test_what_cannot_be_loaded(tmp_path, relation, name, text, kind, message):
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(KnowledgeError) as caught:
        knowledge(DECLARED).load(relation, tmp_path / name)
    (problem,) = caught.value.problems
    assert problem.kind == kind
    assert problem.message.startswith(message)


@pytest.mark.parametrize("large", [10**9, 0], ids=["in rows", "in columns"])
def test_parquet_and_what_follows(tmp_path, large):
    file = tmp_path / "f.parquet"
    duckdb.sql("SELECT range + 1 AS b, range AS a FROM range(200)").write_parquet(str(file))
    made = knowledge(DECLARED)
    made.large = large
    made.load("Pair", file)
    made.tell("Pair", [(300, 0)])
    assert shown(made.ask(atom("Reach(197, X)"))) == ["X=198", "X=199", "X=200"]
    assert len(made.rows("Reach")) == 200 * 201 // 2 + 201


def test_more_facts_than_there_is_memory_for(tmp_path):
    file = tmp_path / "facts.csv"
    file.write_text("x,n\n" + "a,1\n" * 100)
    made = knowledge("relation Pair(x: string, n: int)")
    made.memory = 4500
    with pytest.raises(KnowledgeError, match="Pair has 100 facts: there is no memory for them"):
        made.load("Pair", file)

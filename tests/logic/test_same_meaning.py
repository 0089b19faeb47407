"""Random programs mean the same here, by trying every assignment, and in clingo, whole and query by query."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tensorlogic.logic import Atom, Variable
from tests.logic.naive import ARITY, X, Y, atoms, by_clingo, known, naive, programs

ROUNDS = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
HELD = pytest.mark.parametrize("large", [10**9, 0, 4], ids=["in rows", "in columns", "in both"])


@HELD
@ROUNDS
@given(program=programs())
def test_whole_relations(large, program):
    knowledge, wanted = known(*program, large), naive(*program)
    assert {name: set(knowledge.rows(name)) for name in ARITY} == wanted
    assert by_clingo(*program) == wanted


@HELD
@ROUNDS
@given(
    program=programs(),
    queries=st.lists(atoms(list(ARITY), st.sampled_from((X, Y, "a", "b", "c"))), min_size=1, max_size=3),
)
def test_queries(large, program, queries):
    knowledge, wanted = known(*program, large), naive(*program)
    for query in queries:
        assert knowledge.ask(query) == sorted(answers(query, wanted), key=lambda found: order(found, query, knowledge))


def answers(query: Atom, wanted) -> list[dict]:
    found = []
    for row in wanted[query.relation]:
        env: dict = {}
        same = [
            env.setdefault(t.name, v) == v if isinstance(t, Variable) else t == v
            for t, v in zip(query.terms, row, strict=True)
        ]
        if all(same) and env not in found:
            found.append(env)
    return found


def order(found: dict, query: Atom, knowledge) -> list[int]:
    return [knowledge._values.number(value) for value in found.values()]


EQUAL = {"a": 1, "b": True, "c": 1.0, "d": "1"}
"""Constants that are easily taken for one another."""


def replaced(part):
    if isinstance(part, str) and part in EQUAL:
        return EQUAL[part]
    if isinstance(part, tuple | list | set):
        items = map(replaced, part)
        return type(part)(*items) if hasattr(part, "_fields") else type(part)(items)
    return part


@HELD
@ROUNDS
@given(program=programs(), query=atoms(list(ARITY), st.sampled_from((X, Y, "a", "b", "c"))))
def test_equal_constants_of_different_types_are_different(large, program, query):
    wanted = naive(*program)
    knowledge = known(
        {name: list(map(replaced, rows)) for name, rows in program[0].items()}, replaced(program[1]), large
    )
    for name in ARITY:
        assert {repr(row) for row in knowledge.rows(name)} == {repr(replaced(row)) for row in wanted[name]}
    found = knowledge.ask(replaced(query))
    assert {repr(each) for each in found} == {
        repr({name: replaced(value) for name, value in each.items()}) for each in answers(query, wanted)
    }

"""Tensors of 0 and 1: facts, and where comparisons and tests hold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from tensorlogic.logic import Atom, Comparison, Knowledge, Rule, Signature, Test, Theory, Variable
from tensorlogic.runtime.degrees.domains import Domain
from tensorlogic.runtime.lazy import torch
from tensorlogic.runtime.marking import marked
from tensorlogic.runtime.sizes import check_size

_MASK = "?"


def held(rows: Iterable[Sequence[int]], domains: Sequence[Domain]) -> Any:
    """1 for each row of numbers of constants, 0 elsewhere."""
    given = list(rows)
    if not domains:
        return torch.tensor(float(bool(given)))
    columns = torch.tensor(given, dtype=torch.long).reshape(len(given), len(domains)).T
    return marked(list(columns), [domain.constants for domain in domains])


def same(domain: Domain) -> Any:
    """1 where two indices are one."""
    check_size([len(domain.constants)] * 2, torch.float32)
    return torch.eye(len(domain.constants))


def _compared(operator: str, left: Domain, right: Domain) -> Any:
    """1 where two variables are the same constant, or where they are not."""
    check_size([len(left.constants), len(right.constants)], torch.float32)
    one, other = (torch.tensor(each.constants, dtype=torch.long) for each in (left, right))
    equal = one[:, None] == other[None]
    return (equal if operator == "==" else ~equal).float()


def holding(
    literal: Comparison | Test,
    variables: Sequence[Variable],
    possible: Sequence[Iterable[int]],
    domains: Sequence[Domain],
    rule: Rule,
    theory: Theory,
) -> Any:
    """1 where a comparison or a test holds of what variables can be, as deduction finds out."""
    match literal:
        case Comparison("==" | "!=" as operator, Variable() as left, Variable() as right) if left != right:
            return _compared(operator, *domains)
    knowledge = Knowledge()
    atoms = [Atom(f"{_MASK}{number}", (variable,)) for number, variable in enumerate(variables)]
    knowledge.declare(Signature(_MASK, tuple((each.name, None) for each in variables)))
    for atom, numbers in zip(atoms, possible, strict=True):
        knowledge.declare(Signature(atom.relation, (("value", None),)))
        knowledge.tell(atom.relation, [(theory.values.values[number],) for number in numbers])
    knowledge.add(Rule(Atom(_MASK, tuple(variables)), (*atoms, literal), rule.origin))
    number = theory.values.number
    return held([[number(value) for value in row] for row in knowledge.rows(_MASK)], domains)

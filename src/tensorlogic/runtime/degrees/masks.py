"""Tensors of 0 and 1: facts, and where comparisons and tests hold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from tensorlogic.logic import Atom, Comparison, Knowledge, Rule, Signature, Test, Theory, Variable
from tensorlogic.runtime.degrees.domains import Domain
from tensorlogic.runtime.lazy import torch
from tensorlogic.runtime.sizes import check_size

_MASK = "?"


def marked(rows: Iterable[Sequence[int]], domains: Sequence[Domain]) -> Any:
    """1 for each row of numbers of constants, 0 elsewhere."""
    sizes = [len(domain.constants) for domain in domains]
    check_size(sizes, torch.float32)
    tensor = torch.zeros(sizes)
    places = [[domain.places[number] for number, domain in zip(row, domains, strict=True)] for row in rows]
    if places and sizes:
        tensor[tuple(torch.tensor(places).T)] = 1
    return tensor.fill_(1) if places and not sizes else tensor


def same(domain: Domain) -> Any:
    """1 where two indices are one."""
    check_size([len(domain.constants)] * 2, torch.float32)
    return torch.eye(len(domain.constants))


def holding(
    literal: Comparison | Test,
    variables: Sequence[Variable],
    possible: Sequence[Iterable[int]],
    domains: Sequence[Domain],
    rule: Rule,
    theory: Theory,
) -> Any:
    """1 where a comparison or a test holds of what variables can be, as deduction finds out."""
    knowledge = Knowledge()
    atoms = [Atom(f"{_MASK}{number}", (variable,)) for number, variable in enumerate(variables)]
    knowledge.declare(Signature(_MASK, tuple((each.name, None) for each in variables)))
    for atom, numbers in zip(atoms, possible, strict=True):
        knowledge.declare(Signature(atom.relation, (("value", None),)))
        knowledge.tell(atom.relation, [(theory.values.values[number],) for number in numbers])
    knowledge.add(Rule(Atom(_MASK, tuple(variables)), (*atoms, literal), rule.origin))
    number = theory.values.number
    return marked([[number(value) for value in row] for row in knowledge.rows(_MASK)], domains)

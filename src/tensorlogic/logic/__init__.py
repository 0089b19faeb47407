"""Relations, rules and queries: what follows from facts. Nothing here knows tensors or the language."""

from tensorlogic.logic.knowledge import Knowledge
from tensorlogic.logic.problems import Interrupted, KnowledgeError, Problem
from tensorlogic.logic.terms import (
    Aggregate,
    Atom,
    Comparison,
    Not,
    Operation,
    Rule,
    Signature,
    Test,
    Value,
    Variable,
)

__all__ = [
    "Aggregate",
    "Atom",
    "Comparison",
    "Interrupted",
    "Knowledge",
    "KnowledgeError",
    "Not",
    "Operation",
    "Problem",
    "Rule",
    "Signature",
    "Test",
    "Value",
    "Variable",
]

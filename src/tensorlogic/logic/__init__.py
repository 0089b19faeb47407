"""Relations, rules and queries: what follows from facts. Nothing here knows tensors or the language."""

from tensorlogic.logic.knowledge import Knowledge
from tensorlogic.logic.problems import Interrupted, KnowledgeError, Problem
from tensorlogic.logic.proofs import Proof
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
    written,
)
from tensorlogic.logic.theory import Theory

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
    "Proof",
    "Rule",
    "Signature",
    "Test",
    "Theory",
    "Value",
    "Variable",
    "written",
]

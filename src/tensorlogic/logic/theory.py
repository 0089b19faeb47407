"""What a question depends on, as data for others who reason with rules in their own way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from tensorlogic.logic.rows import Row
from tensorlogic.logic.terms import Rule, Signature
from tensorlogic.logic.values import Values


class Theory(NamedTuple):
    """A question as a rule, the rules that it needs, and the facts of all relations that these name."""

    goal: Rule
    rules: tuple[Rule, ...]
    facts: Mapping[str, frozenset[Row]]
    """Rows of the numbers of constants."""
    signatures: Mapping[str, Signature]
    members: Mapping[str, tuple[int, ...]]
    """The numbers of the members of each entity."""
    values: Values
    """The constants by their numbers."""

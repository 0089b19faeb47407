"""A finding: what keeps a model from the Neural Engine or slows it down there, and what to change."""

from __future__ import annotations

from typing import Literal, NamedTuple

from tensorlogic.advisor.evidence import Evidence

Severity = Literal["error", "warning", "note"]
"""An error keeps most of a model off the Neural Engine or spoils its results, a warning costs time, a note may."""


class Finding(NamedTuple):
    """One thing to change, or to know."""

    id: str
    severity: Severity
    title: str
    why: str
    change: str
    """What to do, in the user's terms: an argument of ``ct.convert``, a rewrite in PyTorch."""
    where: tuple[str, ...]
    """The names of the operations, inputs or outputs that it is about."""
    effect: str
    """What others have seen it change, such as ``2-20x``; empty where nobody has measured it."""
    evidence: Evidence
    fixable: bool = False
    """Whether ``tl advise --fix`` makes the change."""
    rules: tuple[str, ...] = ()
    """The rules of eligibility that it speaks for: what they say of each operation need not be told again."""

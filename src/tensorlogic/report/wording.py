"""How quantities, names and sureness are said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tensorlogic.advisor.eligibility import Verdict
from tensorlogic.advisor.evidence import MEANINGS, Evidence

TAKES: Final[dict[Verdict, str]] = {
    "yes": "is expected to take it",
    "risk": "may refuse it",
    "no": "is not expected to take it",
    "unknown": "unknown",
}
"""Whether the Neural Engine takes an operation, in words."""

FIXABLE: Final = "tl advise --fix makes this change"
LONGEST_SENTENCE: Final = 600
_PREFIXES: Final = ("", "k", "M", "G", "T")


def plain(text: str) -> str:
    """Text that may hold names from a file: control characters are replaced."""
    return "".join(each if each.isprintable() else "�" for each in text)


def shown(name: str, longest: int = 160) -> str:
    """A name from a file: as `plain`, and what is long is cut in the middle."""
    half = longest // 2
    return plain(name if len(name) <= longest else f"{name[:half]}…{name[-half:]}")


def listed(names: Sequence[str], most: int = 4) -> str:
    """The first few names, and how many more there are."""
    told = ", ".join(shown(name) for name in names[:most])
    return told if len(names) <= most else f"{told} and {len(names) - most:,} more"


def scaled(number: float, unit: str) -> str:
    """Three digits and a prefix: ``3.21 GFLOP``."""
    power = next((power for power in range(len(_PREFIXES)) if number < 999.5 * 1000**power), len(_PREFIXES) - 1)
    return f"{number / 1000**power:.3g} {_PREFIXES[power]}{unit}"


def sureness(evidence: Evidence) -> str:
    """How sure a rule is, and by whom: ``measured by several people (CT, VX)``."""
    return f"{MEANINGS[evidence.confidence]} ({', '.join(evidence.sources)})"

"""MIL text in colours."""

from __future__ import annotations

import re

from tensorlogic.mil.types import DTYPES

# What is shown in which colour (as terminals number them); the first that fits holds.
_COLOURS = {
    "text": (r'"[^"\\]*(?:\\.[^"\\]*)*"', "32"),
    "type": (rf"\b(?:tensor|list|dict|tuple|state|{'|'.join(DTYPES)})\b(?! =)", "36"),
    "keyword": (r"\b(?:program|func|BLOBFILE)\b", "35"),
    "operation": (r"(?<== )[\w.]+(?=\()|(?<=  )[\w.]+(?=\()", "1;34"),
    "number": (r"(?<![\w.])-?(?:0x[\da-f.]+(?:p[+-]\d+)?|\d[\d.e+-]*|inf|nan|true|false)\b", "33"),
    "elided": (r"… [\d,]+ more", "2"),
}
_PARTS = re.compile("|".join(f"(?P<{name}>{pattern})" for name, (pattern, _) in _COLOURS.items()))


def coloured(text: str) -> str:
    """MIL text with the colours of a terminal."""
    return _PARTS.sub(lambda found: f"\x1b[{_COLOURS[str(found.lastgroup)][1]}m{found[0]}\x1b[0m", text)

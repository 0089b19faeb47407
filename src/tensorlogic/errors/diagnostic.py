"""What went wrong, where, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from tensorlogic.errors.codes import Code


@dataclass(frozen=True, slots=True)
class SourcePlace:
    """A stretch of one line of program text. Lines and columns count from 1; `length` is in characters."""

    file: str
    line: int
    column: int
    length: int
    text: str
    """The whole line, without its newline."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class BytePlace:
    """A file, and where known the byte offset in it."""

    file: str
    offset: int | None = None

    def __str__(self) -> str:
        return self.file if self.offset is None else f"{self.file} at byte {self.offset}"


@dataclass(frozen=True, slots=True)
class OperationPlace:
    """One operation of a model's program."""

    file: str
    function: str
    operation: str
    """The operation's type, such as ``conv``."""
    name: str
    """The name of its first output."""

    def __str__(self) -> str:
        return f"{self.file}, function {self.function}, {self.operation} '{self.name}'"


Place = SourcePlace | BytePlace | OperationPlace


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that has to do with a finding, and how."""

    message: str
    place: SourcePlace


Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding: its code, the message, the place, a help line, and further remarks."""

    code: Code
    message: str
    place: Place | None = None
    help: str | None = None
    notes: tuple[str, ...] = ()
    related: tuple[Related, ...] = ()
    severity: Severity = "error"
    """A warning is shown, and stops nothing."""

    def as_dict(self) -> dict[str, Any]:
        """The same as plain data, for ``--json``."""
        return {
            "code": self.code.id,
            "severity": self.severity,
            "message": self.message,
            "place": None if self.place is None else str(self.place),
            "help": self.help,
            "notes": list(self.notes),
            "related": [{"message": other.message, "place": str(other.place)} for other in self.related],
        }

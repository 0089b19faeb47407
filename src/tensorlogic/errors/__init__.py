"""Errors as data: a stable code, a message in the user's words, a place, and a cure.

Every failure that a user can cause is a `TensorLogicError` that carries one or more `Diagnostic`s.
"""

from tensorlogic.errors import codes
from tensorlogic.errors.codes import Code
from tensorlogic.errors.diagnostic import (
    BytePlace,
    Diagnostic,
    OperationPlace,
    Place,
    Related,
    Severity,
    SourcePlace,
)
from tensorlogic.errors.exceptions import (
    EngineError,
    FormatError,
    ProgramError,
    SourceError,
    TensorLogicError,
    UnsupportedError,
    UsageError,
    first_line,
)
from tensorlogic.errors.nearest import nearest
from tensorlogic.errors.render import render, render_all

__all__ = [
    "BytePlace",
    "Code",
    "Diagnostic",
    "EngineError",
    "FormatError",
    "OperationPlace",
    "Place",
    "ProgramError",
    "Related",
    "Severity",
    "SourceError",
    "SourcePlace",
    "TensorLogicError",
    "UnsupportedError",
    "UsageError",
    "codes",
    "first_line",
    "nearest",
    "render",
    "render_all",
]

"""Facts from CSV and Parquet files, read by DuckDB."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from tensorlogic.logic.checking import arity
from tensorlogic.logic.problems import KnowledgeError, Problem
from tensorlogic.logic.terms import Signature, Value

if TYPE_CHECKING:
    import duckdb

_DELIMITERS = {".csv": ",", ".tsv": "\t"}
_STORED_AS = {"int": ("BIGINT",), "float": ("DOUBLE",), "bool": ("BOOLEAN",)}
_ANY = ("BOOLEAN", "BIGINT", "DOUBLE", "VARCHAR")
"""What a column without a type is: the first of these that all of its cells are."""
_WRITTEN = {"BIGINT": "[+-]?[0-9]+", "BOOLEAN": "(?i)true|false"}
"""How the values are written of which DuckDB takes others too: it rounds 0.5."""
_LOCKED = "SET enable_external_access = false; SET lock_configuration = true"
_PATTERN = "*?["
"""DuckDB reads many files where a name has one of these."""


def load(signature: Signature, path: Path, check: Callable[[int], None]) -> list[list[Value]]:
    """The columns of a file, one for each parameter, of its type, or of what all of its cells are.

    Columns are taken by name where they have all of the parameters' names, else in their order. The first line of a
    CSV file is no fact if it has those names, or a word where there are numbers. `check` is asked whether there is
    memory for so many facts. Raises `KnowledgeError`: of kind file
    where the file cannot be read, arity and type where it does not fit, value where a cell is empty.
    """
    import duckdb

    if path.suffix.lower() not in (*_DELIMITERS, ".parquet") or any(letter in str(path) for letter in _PATTERN):
        raise _problem("file", f"{path.name} is no file of facts", "Facts are read from .csv, .tsv and .parquet files.")
    if not path.is_file():
        raise _problem("file", f"there is no file {path.name}", "Relative paths start at the current folder.")
    try:
        with duckdb.connect() as connection:
            names, line = _opened(connection, signature, path)
            check(connection.execute("SELECT count(*) FROM file").fetchall()[0][0])
            return [
                _column(connection, name, parameter, path.name, line)
                for name, parameter in zip(names, signature.parameters, strict=True)
            ]
    except duckdb.Error as error:
        message = f"cannot read facts from {path.name}: {str(error).strip().splitlines()[0]}"
        raise _problem("file", message) from None


def _opened(connection: duckdb.DuckDBPyConnection, signature: Signature, path: Path) -> tuple[list[str], int]:
    """Read a file into the table `file`; the names of its columns by parameter, and the line of its first fact."""
    quoted = _quoted(str(path), "'")
    connection.execute(f"SET allowed_paths = [{quoted}]; {_LOCKED}")
    delimiter = _DELIMITERS.get(path.suffix.lower())
    if delimiter is None:
        connection.execute(f"CREATE TABLE file AS SELECT * FROM read_parquet({quoted})")
        names = [str(name) for name, *_ in connection.execute("DESCRIBE file").fetchall()]
        return _by_parameter(names, signature, path), 1
    first = _first_line(path, delimiter)
    is_header = _is_header(first, signature)
    names = [cell.strip() if is_header else str(i) for i, cell in enumerate(first)]
    if len(set(names)) < len(names):
        names = list(map(str, range(len(names))))
    ordered = _by_parameter(names, signature, path)
    columns = ", ".join(f"{_quoted(name, chr(39))}: 'VARCHAR'" for name in names)
    how = f"auto_detect = false, header = false, delim = '{delimiter}', quote = '\"', escape = '\"'"
    how += f", skip = {int(is_header)}, columns = {{{columns}}}"
    connection.execute(f"CREATE TABLE file AS SELECT * FROM read_csv({quoted}, {how})")
    return ordered, 1 + is_header


def _first_line(path: Path, delimiter: str) -> list[str]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return next(csv.reader(file, delimiter=delimiter), [])
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise _problem("file", f"cannot read facts from {path.name}: {error}") from None


def _by_parameter(names: list[str], signature: Signature, path: Path) -> list[str]:
    """The names of a file's columns in the order of the parameters."""
    if len(names) != len(signature.parameters):
        problem = arity(signature, len(names))
        raise KnowledgeError([problem._replace(message=f"{path.name}: {problem.message}")])
    by_name = {name.lower(): name for name in names}
    wanted = [name.lower() for name, _ in signature.parameters]
    return [by_name[name] for name in wanted] if set(by_name) == set(wanted) else names


def _is_header(first: Sequence[str], signature: Signature) -> bool:
    """Whether a line has the names of columns."""
    names = {name.lower() for name, _ in signature.parameters}
    numbers = [cell for cell, (_, type) in zip(first, signature.parameters, strict=False) if type in ("int", "float")]
    return {cell.strip().lower() for cell in first} == names or any(not _is_number(cell) for cell in numbers)


def _is_number(cell: str) -> bool:
    try:
        float(cell or 0)
    except ValueError:
        return False
    return True


def _column(
    connection: duckdb.DuckDBPyConnection, name: str, parameter: tuple[str, str | None], file: str, line: int
) -> list[Value]:
    """A column as values of a parameter's type."""
    import numpy as np

    title, wanted = parameter
    quoted = _quoted(name, '"')
    for stored in _ANY if wanted is None else _STORED_AS.get(wanted, ("VARCHAR",)):
        taken = f"TRY_CAST({quoted} AS {stored})"
        if stored in _WRITTEN:
            taken = f"CASE WHEN regexp_full_match(trim({quoted}::VARCHAR), '{_WRITTEN[stored]}') THEN {taken} END"
        found = connection.execute(f"SELECT {taken} AS cell FROM file").fetchnumpy()["cell"]
        missing = np.ma.getmaskarray(found)
        if not missing.any():
            return cast("list[Value]", found.tolist())
    at = int(np.argmax(missing))
    cell = connection.execute(f"SELECT {quoted} FROM file OFFSET {at} LIMIT 1").fetchall()[0][0]
    place = f"line {at + line} of {file}"
    if cell is None:
        raise _problem("value", f"{place} has no value for {title}")
    raise _problem("type", f"{title} is of type {wanted}, not {str(cell)!r}, in {place}")


def _quoted(name: str, quote: str) -> str:
    return quote + name.replace(quote, 2 * quote) + quote


def _problem(kind: str, message: str, cure: str | None = None) -> KnowledgeError:
    return KnowledgeError([Problem(kind, message, cure)])

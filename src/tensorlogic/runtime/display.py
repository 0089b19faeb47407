"""Values as text, as ``print`` and ``str`` show them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import is_dataclass
from typing import Any

from tensorlogic.runtime.kinds import dtype_name, kind
from tensorlogic.runtime.lazy import is_tensor, torch
from tensorlogic.runtime.values import adopt, fields

MOST_ELEMENTS = 1000
"""Beyond so many elements the middle is left out."""
MOST_DIGITS = 6
_DIGITS = {"float64": 17, "float32": 9, "float16": 5, "bfloat16": 4}
"""How many digits tell every value of a type from all others."""


def text(value: Any) -> str:
    """A value as text; a string is itself."""
    return value if isinstance(value, str) else nested(value)


def nested(value: Any) -> str:
    """A value as text inside other text, where strings have quotes."""
    for kinds, show in _FORMS:
        if isinstance(value, kinds):
            return show(value)
    if is_tensor(value):
        return _tensor(value)
    if hasattr(type(value), "__tl_members__"):
        return str(value)
    if is_dataclass(value):
        return record(fields(value))
    adopted = adopt(value)
    return f"<{kind(value)}>" if adopted is value else nested(adopted)


def _truth(value: bool) -> str:
    return "true" if value else "false"


def record(value: Mapping[str, Any]) -> str:
    """Named values as text: ``{x: 1, y: 2}``."""
    return "{" + ", ".join(f"{name}: {nested(item)}" for name, item in value.items()) + "}"


def _list(items: Sequence[Any]) -> str:
    if len(items) <= MOST_ELEMENTS:
        return _bracketed([nested(item) for item in items])
    ends = [nested(item) for item in (*items[:3], *items[-3:])]
    return f"{_bracketed([*ends[:3], '…', *ends[3:]])} of {len(items)}"


def _bracketed(items: list[str]) -> str:
    return f"[{', '.join(items)}]"


def _tensor(value: torch.Tensor) -> str:
    value = value.detach().cpu()
    if value.ndim == 0:
        return _numbers(value.reshape(1), most=17)[0]
    if value.numel() <= MOST_ELEMENTS:
        return _rows(value, MOST_ELEMENTS)
    return f"{_rows(value, 3 if value.ndim <= 2 else 1)} {kind(value)}"


def _rows(value: torch.Tensor, edge: int) -> str:
    """The rows of a tensor, of each axis only `edge` at both ends."""
    if len(value) > 2 * edge:
        first, last = _items(value[:edge], edge), _items(value[-edge:], edge)
        return _bracketed([*first, "…", *last])
    return _bracketed(_items(value, edge))


def _items(value: torch.Tensor, edge: int) -> list[str]:
    if value.ndim == 1:
        return _numbers(value, MOST_DIGITS)
    return [_rows(row, edge) for row in value]


def _numbers(value: torch.Tensor, most: int) -> list[str]:
    numbers = value.tolist()
    dtype = dtype_name(value.dtype)
    if dtype not in _DIGITS:
        return [nested(number) for number in numbers]
    return _shortest(numbers, value.dtype, min(most, _DIGITS[dtype]))


def _shortest(numbers: list[float], dtype: torch.dtype, most: int) -> list[str]:
    """The fewest digits that give the same value back in its own type, at most `most`."""
    exact = torch.tensor(numbers, dtype=dtype)
    found = [float(f"{number:.{most}g}") for number in numbers]
    for digits in range(most - 1, 0, -1):
        shorter = [float(f"{number:.{digits}g}") for number in numbers]
        same = (torch.tensor(shorter, dtype=dtype) == exact).tolist()
        if not any(same):
            break
        found = [s if equal else f for s, equal, f in zip(shorter, same, found, strict=True)]
    return [repr(number) for number in found]


_FORMS: tuple[tuple[type | tuple[type, ...], Callable[[Any], str]], ...] = (
    (type(None), lambda value: "void"),
    (str, lambda value: f'"{value}"'),
    (bool, _truth),  # A truth value is an int to Python.
    ((int, float), repr),
    ((list, tuple, range), _list),
    (Mapping, record),
)
"""How Python's own values are shown, by the first kind that fits."""

"""Every builtin with odd arguments: a value of the language comes out, or an error in the language's words."""

from __future__ import annotations

import inspect
import io
import random
import re
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch

from tensorlogic.errors import Diagnostic, TensorLogicError
from tensorlogic.lang.types import DTYPES
from tensorlogic.runtime import run_source
from tensorlogic.runtime.builtins import FUNCTIONS
from tensorlogic.runtime.kinds import dtype_name
from tensorlogic.runtime.structs import Struct
from tests.runtime.test_builtins import AGAINST_NUMPY
from tests.runtime.test_builtins import given as as_given
from tests.runtime.test_builtins_of_networks import ROWS
from tests.runtime.test_builtins_of_pytorch import ROWS as OF_PYTORCH
from tests.runtime.test_builtins_of_reference import AGAINST_TORCH

ODD = (
    *("0", "-1", "3", "2.5", "10 ** 400", "1099511627776", "(1e308 * 10)", "(1e308 * 10 - 1e308 * 10)", "true"),
    *('"text"', '""', "nothing()", "[]", '["a", "b"]', '[["a"], ["b"]]', 'append(append([], [1, 2]), "a")'),
    *("split(arange(5), 2)", "[true, false]", "[nothing()]", "append([], append([], 1))"),
    *("tensor(2)", "tensor(0.5)", "zeros(0)", "zeros(2, 0)", "zeros(1, 2, 5, 5)", "[3, 1]", "[[1, 2], [3, 4]]"),
    *("([1, 2] > 1)", "([1.5, 2.5] as float16)", "([[1.5, 2.5]] as bfloat16)", "([1, 2] as uint8)", "-ones(3, 3)"),
    *("range(3)", "range(0)", "range(1099511627776)", "Odd { x: 1 }", "topk([1.0], 1)"),
    *("KVCache::new(1)", "IntVec::new()", "new_tensor_buffer(8)"),
)
"""The values, as programs write them."""
PRELUDE = "struct Odd { x: int }\nfn nothing() { return }\nfn hidden(x) { x }\n"
LEFT_OUT = frozenset({"input"})
"""The builtins that wait for someone."""
OF_PYTHON = re.compile(
    r"torch|NoneType|<class|Tensor\b|Parameter|invalid combination|argument|attribute|positional|INTERNAL"
    r"|\bassert\b|_cpu|__|\b(str|dict|tuple|object|None|dtype|kwargs|dim|dims|aten|self|True|False|Size|int64_t|iterable)\b"
    r"|\b(Half|BFloat16|Float|Double|Byte|Char|Short|Long|Int|Bool|scalar type)\b|\w\(\)|::|0x[0-9a-f]{6}"
)
"""What no message says: it would be of Python, or of torch."""


class Base(NamedTuple):
    """Arguments that a builtin takes."""

    arguments: list[Any]
    options: dict[str, Any]


ORDINARY: dict[str, Any] = {"int": 1, "float": 0.5, "str": "text", "bool": True, "list[Any]": ["a", "b"]}
"""Arguments for parameters of these types, where no table has a better one."""


def bases() -> dict[str, list[Base]]:
    """Calls that work, from the tables of other tests; one of values that are likely to fit, where these have none."""
    found: dict[str, list[Base]] = {}
    for name, arguments, *rest in [*AGAINST_NUMPY, *ROWS, *OF_PYTORCH, *AGAINST_TORCH]:
        options = rest[0] if isinstance(rest[0], dict) and len(rest) > 1 else {}
        found.setdefault(name, []).append(Base(list(map(as_given, arguments)), options))
    return {name: found.get(name) or [likely(name)] for name in sorted(FUNCTIONS.keys() - LEFT_OUT)}


def likely(name: str) -> Base:
    parameters = inspect.signature(FUNCTIONS[name]).parameters.values()
    needed = [p for p in parameters if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD]
    return Base([ORDINARY.get(str(p.annotation), torch.ones(2, 2)) for p in needed], {})


class Call(NamedTuple):
    """A call with odd values in some places of one that works."""

    name: str
    base: Base
    places: tuple[int | str, ...]
    odd: tuple[str, ...]

    def __str__(self) -> str:
        odd = dict(zip(self.places, self.odd, strict=True))
        arguments = [odd.get(i, f"given({i})") for i in range(len(self.base.arguments))]
        arguments += [value for place, value in odd.items() if place == len(arguments)]
        options = {option: f'given("{option}")' for option in self.base.options}
        options |= {place: value for place, value in odd.items() if isinstance(place, str)}
        return f"{self.name}({', '.join([*arguments, *(f'{n}: {v}' for n, v in options.items())])})"


BASES = bases()


def places(name: str, base: Base) -> list[int | str]:
    """Where a value can stand: each argument, one more, and each option that there is, or that there is not."""
    parameters = list(inspect.signature(FUNCTIONS[name]).parameters.values())
    named = [p.name for p in parameters[len(base.arguments) :] if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    return [*range(len(base.arguments) + 1), *named, "unknown"]


def every_call() -> Iterator[Call]:
    for name, calls in BASES.items():
        for base in calls:
            for place in places(name, base):
                yield from (Call(name, base, (place,), (odd,)) for odd in ODD)


def some_calls(count: int, seed: int = 1) -> Iterator[Call]:
    """Calls with odd values in one place or two, of every builtin as many."""
    chosen = random.Random(seed)
    for name, calls in list(BASES.items()) * count:
        base = chosen.choice(calls)
        at = chosen.sample(places(name, base), 1 + (chosen.random() < 0.3))
        yield Call(name, base, tuple(at), tuple(chosen.choices(ODD, k=len(at))))


def is_value(value: Any) -> bool:
    """Whether something is a value of the language."""
    if isinstance(value, torch.Tensor):
        return dtype_name(value.dtype) in DTYPES
    if isinstance(value, list):
        return all(map(is_value, value))
    if type(value) is dict:
        return all(type(name) is str and is_value(each) for name, each in value.items())
    plain = type(value) in (int, float, bool, str, type(None), range)
    return plain or isinstance(value, Struct) or hasattr(type(value), "__tl_members__")


def complaint(call: Call, hide: bool, monkeypatch: pytest.MonkeyPatch) -> str | None:
    """What is wrong with the outcome of a call."""
    results: list[Any] = []

    def given(place: Any) -> Any:
        return call.base.options[place] if isinstance(place, str) else call.base.arguments[place]

    def outcome(value: Any) -> None:
        results.append(value)

    monkeypatch.setitem(FUNCTIONS, "given", given)
    monkeypatch.setitem(FUNCTIONS, "outcome", outcome)
    given_call = str(call._replace(odd=tuple(f"hidden({odd})" for odd in call.odd)) if hide else call)
    try:
        run_source(f"{PRELUDE}outcome({given_call})\n", "t.tl", io.StringIO(), folder=Path.cwd())
    except TensorLogicError as error:
        return next(filter(None, map(badly_said, error.diagnostics)), None)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None if is_value(results[0]) else f"gives {type(results[0]).__name__} {results[0]!r}"


def badly_said(found: Diagnostic) -> str | None:
    """The message of a finding, if it has no place or speaks of Python."""
    said = re.sub("`.*?`|'.*?'", "", " ".join((found.message, *found.notes)))
    return said if found.place is None or OF_PYTHON.search(said) else None


@pytest.mark.parametrize(
    "calls", [pytest.param(some_calls(20), id="some"), pytest.param(every_call(), id="every", marks=pytest.mark.slow)]
)
def test_odd_arguments(calls: Iterator[Call], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    hide = cycle((False, True, True))
    wrong = {str(call): said for call in calls if (said := complaint(call, next(hide), monkeypatch))}
    assert not wrong, "\n".join(f"{call}: {said}" for call, said in wrong.items())

"""Tensor equations of a running program: what compiled code says in plain data, as calls of `equations`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from tensorlogic.errors import SourceError, SourcePlace
from tensorlogic.errors.codes import WRONG_SHAPE, WRONG_TYPE
from tensorlogic.runtime.display import text
from tensorlogic.runtime.embeddings import Embedding
from tensorlogic.runtime.kinds import kind, with_article
from tensorlogic.runtime.knowledge import known
from tensorlogic.runtime.lazy import equations, is_tensor, torch
from tensorlogic.runtime.sizes import check_size

if TYPE_CHECKING:
    from tensorlogic.logic import Value


class _Option(NamedTuple):
    """An option of a function."""

    name: str
    value: Any


def _apply(function: str, *parts: Any) -> Any:
    options = tuple(tuple(each) for each in parts if isinstance(each, _Option))
    return equations.Apply(function, tuple(each for each in parts if not isinstance(each, _Option)), options)


_PARTS: Final[dict[str, Callable[..., Any]]] = {
    "index": lambda name, offset: equations.Index(name, offset),
    "fixed": lambda number: equations.Fixed(number),
    "access": lambda name, *indices: equations.Access(name, indices),
    "apply": _apply,
    "over": lambda *names: _Option("over", names[0] if len(names) == 1 else names),
    "option": _Option,
    "number": lambda number: equations.Number(number),
    "equation": lambda name, projection, value, *indices: equations.Equation(name, indices, projection, value),
}


def _part(data: tuple[Any, ...]) -> Any:
    name, *parts = data
    return _PARTS[name](*(_part(each) if isinstance(each, tuple) else each for each in parts))


@lru_cache(maxsize=1024)
def _solver(system: tuple[Any, ...]) -> Any:
    """What solves equations that are written in plain data; it is made once for all times that they are solved."""
    return equations.Solver([_part((kind, *parts)) for kind, _, *parts in system])


def solve(system: tuple[Any, ...], *values: Any) -> dict[str, torch.Tensor]:
    """The unknowns of equations, by name. `system` are the names of values, and the equations with their places."""
    names, *written = system
    tensors = {name: _tensor(value) for name, value in zip(names, values, strict=True)}
    try:
        solved: dict[str, torch.Tensor] = _solver(tuple(written))(tensors)
    except equations.EquationError as error:
        place = None if error.equation is None else SourcePlace(*written[error.equation][1])
        raise SourceError(WRONG_SHAPE, error.message, place, error.help) from error
    return solved


def _tensor(value: Any) -> torch.Tensor:
    if isinstance(value, Embedding):
        return value.table
    if is_tensor(value):
        return value
    if not isinstance(value, int | float):
        raise SourceError(WRONG_TYPE, f"an equation is of tensors and numbers, not of {with_article(kind(value))}")
    return torch.tensor(value, dtype=torch.float32)


def indicator(name: str, *kinds: str) -> torch.Tensor:
    """A relation as a tensor: 1 where it holds of the entities of these kinds that the indices stand for, else 0."""
    with known() as knowledge:
        places = [{each: i for i, each in enumerate(knowledge.members(kind))} for kind in kinds]
        rows = knowledge.rows(name)
    sizes = [len(each) for each in places]
    check_size(sizes, torch.float32)
    tensor = torch.zeros(sizes)
    if rows:
        found = [[_place(*each) for each in zip(places, kinds, row, strict=True)] for row in rows]
        tensor[tuple(torch.tensor(found).T)] = 1
    return tensor


def _place(places: Mapping[Value, int], entity: str, value: Value) -> int:
    if value not in places:
        message = f"`{text(value)}` was derived, but no fact says that it is one of `{entity}`"
        raise SourceError(WRONG_TYPE, message, help=f"Say so: {entity}({text(value)})")
    return places[value]


def state(tensor: torch.Tensor, name: str, *kinds: str) -> None:
    """Let a relation hold wherever a tensor is greater than 0."""
    with known() as knowledge:
        entities = [knowledge.members(kind) for kind in kinds]
        sizes = [len(each) for each in entities]
        if list(tensor.shape) != sizes:
            raise SourceError(WRONG_SHAPE, f"`{name}` is of {sizes} entities, the tensor of {list(tensor.shape)}")
        held = (tensor > 0).nonzero().tolist()
        knowledge.tell(name, [tuple(each[i] for each, i in zip(entities, row, strict=True)) for row in held])

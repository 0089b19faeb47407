"""Tensor equations of a running program: what compiled code says in plain data, as calls of `equations`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from tensorlogic.errors import SourceError, SourcePlace
from tensorlogic.errors.codes import WRONG_SHAPE, WRONG_TYPE
from tensorlogic.runtime.convert import as_tensor
from tensorlogic.runtime.display import text
from tensorlogic.runtime.embeddings import Embedding
from tensorlogic.runtime.kinds import kind, with_article
from tensorlogic.runtime.knowledge import SHADOW, check_order, derived, known
from tensorlogic.runtime.lazy import equations, functional, is_tensor, logic, torch
from tensorlogic.runtime.marking import StrangerError, marked
from tensorlogic.runtime.session import CURRENT, Stated
from tensorlogic.runtime.sizes import check_length, check_size

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
        raise SourceError(error.code, error.message, place, error.help) from error
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
    """A relation as a tensor: 1 where it holds of the entities of these kinds that the indices stand for, else 0.

    Where an equation gives it and no rule does, it is the degrees that the equation says.
    """
    try:
        return _indicator(name, kinds)
    except StrangerError as stranger:
        value = text(CURRENT.get().knowledge.value(stranger.number))
        entity = kinds[stranger.dimension]
        message = f"`{value}` was derived, but no fact says that it is one of `{entity}`"
        raise SourceError(WRONG_TYPE, message, help=f"Say so: {entity}({value})") from None


def _indicator(name: str, kinds: tuple[str, ...]) -> torch.Tensor:
    session = CURRENT.get()
    stated = session.stated.get(name + SHADOW)
    with known() as knowledge:
        entities = [knowledge.numbers(kind) for kind in kinds]
        if stated is not None and len(knowledge.rules(name)) == 1:
            told = marked(knowledge.columns(name, derived=False), entities, is_sparse=False)
            return torch.maximum(_grown(stated.tensor, told.shape), told)
    with derived() as knowledge:
        key = "indicator", name, kinds
        tensor: torch.Tensor = session.keep_of_knowledge(key, lambda: marked(knowledge.columns(name), entities))
    return tensor if tensor.is_sparse else tensor.clone()


def _grown(tensor: torch.Tensor, shape: Sequence[int]) -> torch.Tensor:
    """A tensor with zeros for the entities that came since it was computed."""
    pairs = zip(shape[::-1], tensor.shape[::-1], strict=True)
    return functional.pad(tensor, [each for size, before in pairs for each in (0, size - before)])


def each(compute: Callable[..., Any], rank: int, *kinds: str) -> torch.Tensor:
    """What is computed of entities, as a tensor with a dimension for each kind, and then those of the values: `rank`.

    Where no indices follow, a tensor of one element is its number.
    """
    with known() as knowledge:
        entities = [knowledge.members(kind) for kind in kinds]
    sizes = [len(members) for members in entities]
    check_length(prod(sizes))
    values = [_computed(compute, rank, row) for row in product(*entities)]
    if not values:
        return torch.zeros([*sizes, *([0] * rank)])
    shape = values[0].shape
    for value, row in zip(values, product(*entities), strict=True):
        if value.shape != shape:
            raise _unlike(f"{list(shape)} for the first, and {list(value.shape)}", row)
    check_size([*sizes, *shape], values[0].dtype)
    return torch.stack(values).reshape(*sizes, *shape)


def _computed(compute: Callable[..., Any], rank: int, row: Sequence[Value]) -> torch.Tensor:
    value = as_tensor(compute(*row))
    if rank == 0 and value.numel() == 1:
        return value.reshape(())
    if value.ndim != rank:
        raise _unlike(f"a tensor of shape {list(value.shape)}, with {rank} indices,", row)
    return value


def _unlike(shapes: str, row: Sequence[Value]) -> SourceError:
    help = "Give it an index for each dimension, which has one size for all entities."
    return SourceError(WRONG_SHAPE, f"this is {shapes} for {', '.join(map(str, row))}", help=help)


def state(tensor: torch.Tensor, name: str, origin: tuple[Any, ...], reads: tuple[str, ...], *kinds: str) -> None:
    """Let the degrees of a relation be what a tensor says, in place of what equations said of it before.

    Numbers below 0 count as 0, those above 1 as 1. Deduction takes those above a half for true.
    """
    with known() as knowledge:
        sizes = [len(knowledge.members(kind)) for kind in kinds]
        if list(tensor.shape) != sizes:
            message = f"`{name}` is of {sizes} entities, the tensor of {list(tensor.shape)}"
            raise SourceError(WRONG_SHAPE, message, SourcePlace(*origin))
        session, shadow = CURRENT.get(), name + SHADOW
        if shadow not in session.stated:
            variables = tuple(logic.Variable(str(place)) for place in range(len(kinds)))
            knowledge.declare(
                logic.Signature(shadow, tuple((each.name, kind) for each, kind in zip(variables, kinds, strict=True)))
            )
            knowledge.add(logic.Rule(logic.Atom(name, variables), (logic.Atom(shadow, variables),), origin))
    numbers = tensor if tensor.is_floating_point() else tensor.float()
    session.stated[shadow] = Stated(numbers.clamp(0, 1), kinds, reads)
    session.unsettled.add(shadow)
    check_order(name, reads, origin)

"""The shapes that equations show."""

from __future__ import annotations

from itertools import groupby

from tensorlogic.lang import checked
from tensorlogic.lang.inference.facts import Fact, Tensor
from tensorlogic.lang.inference.problem import ImpossibleError
from tensorlogic.lang.inference.walk import Walk, Witness
from tensorlogic.lang.source import Span


def shapes(node: checked.System, walk: Walk) -> dict[str, Fact]:
    """What is known of the unknowns of a system; an index of two sizes is a finding."""
    found: dict[str, Fact] = {}
    moving = {each.name for each in node.accesses if each.value is None and None in each.indices}
    for _, group in groupby(node.accesses, lambda access: access.equation):
        accesses = list(group)
        sizes = _sizes(accesses, node.solution.span, walk)
        target = accesses[-1]
        shape = tuple(sizes[i][0] if i in sizes else None for i in target.indices)
        if target.name not in moving:
            found[target.name] = Tensor(None, shape)
    return found


def _sizes(accesses: list[checked.Access], span: Span, walk: Walk) -> dict[str | None, tuple[int, checked.Access]]:
    """The sizes of the indices of one equation, and which access shows each."""
    sizes: dict[str | None, tuple[int, checked.Access]] = {}
    for access in accesses:
        known = None if access.value is None else walk.known.facts.get(access.value)
        if not isinstance(known, Tensor) or known.shape is None:
            continue
        if len(known.shape) != len(access.indices):
            message = f"`{access.name}` is {known} and has {len(access.indices)} indices here"
            _find(ImpossibleError(message), access, access, span, walk)
            continue
        for index, size in zip(access.indices, known.shape, strict=True):
            before, witness = sizes.setdefault(index, (size, access)) if isinstance(size, int) else (size, access)
            if index is not None and isinstance(size, int) and before != size:
                message = f"the index `{index}` is {before} of `{witness.name}` and {size} of `{access.name}`"
                _find(ImpossibleError(message), access, witness, span, walk)
    sizes.pop(None, None)
    return sizes


def _find(problem: ImpossibleError, access: checked.Access, witness: checked.Access, span: Span, walk: Walk) -> None:
    def fail() -> Fact:
        raise problem

    seen = tuple(Witness(f"`{each.name}` is here", each.span) for each in dict.fromkeys((witness, access)))
    walk.attempt(span, lambda: seen, fail)

"""What is known of the value of a call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

from tensorlogic.lang import checked
from tensorlogic.lang.inference.declared import Sizes, accepted, of_type
from tensorlogic.lang.inference.facts import NEVER, VOID, Fact, Tensor
from tensorlogic.lang.inference.rules import Arguments
from tensorlogic.lang.inference.walk import Walk, Witness, witnesses
from tensorlogic.lang.source import Span

Given = tuple[checked.Expression, Fact]
"""An argument, and what is known of it."""

NEVER_RETURNS: Final = "panic"


def call_builtin(
    function: checked.Builtin, span: Span, given: Sequence[Given], options: Mapping[str, Given], walk: Walk
) -> Fact:
    """The fact about a builtin's value, by the rule that the builtin has."""
    signature = walk.known.signatures.get(function.name)
    if function.name == NEVER_RETURNS:
        walk.state = None
    nothing = any(known == VOID for _, known in (*given, *options.values()))
    if signature is None or signature.result is None or nothing:
        return None
    names = signature.required + signature.optional
    arguments = Arguments(
        {
            **{name: known for name, (_, known) in zip(names, given, strict=False)},
            **{name: known for name, (_, known) in options.items()},
        },
        tuple(known for _, known in given[len(names) :]),
    )
    return walk.attempt(span, lambda: witnesses(walk, *given, *options.values()), partial(signature.result, arguments))


def call_function(
    function: checked.Function, span: Span, given: Sequence[Given], options: Mapping[str, Given], walk: Walk
) -> Fact:
    """The fact about the value of a function of the program: as declared, or as its body gives it."""
    sizes: Sizes = {}
    by_name = dict(zip((p.name for p in function.parameters), given, strict=False)) | dict(options)
    bound: dict[str, Fact] = {}
    for index, parameter in enumerate(function.parameters):
        if parameter.name not in by_name:
            return None  # the call was refused before
        argument = by_name[parameter.name]
        what = f"`{parameter.name}` of `{function}`"
        work = partial(accepted, argument[1], what, parameter.type, sizes)
        fits, held = walk.tried(span, partial(_disagreeing, walk, function, index, argument), work)
        if not fits:
            return _declared(function, {})
        bound[parameter.name] = held
    walk.known.note(function, tuple(bound.values()))
    result = _declared(function, sizes)
    if function.result is not None and not walk.certain:
        return result
    inside = _body(function, bound, span, walk)
    if inside == NEVER:
        walk.state = None
        return None
    return inside if function.result is None else result


def _disagreeing(walk: Walk, function: checked.Function, index: int, argument: Given) -> tuple[Witness, ...]:
    definition = walk.known.definitions.get(function)
    declared = function.parameters[index]
    shown = () if definition is None else (Witness(f"`{declared.name}` is {declared.type}", definition.places[index]),)
    return (*witnesses(walk, argument), *shown)


def _declared(function: checked.Function, sizes: Sizes) -> Fact:
    """The fact that a function's declaration promises, in a call that has these sizes."""
    promised = of_type(function.result)
    if isinstance(promised, Tensor) and promised.shape is not None:
        return promised._replace(shape=tuple(sizes.get(s) if isinstance(s, str) else s for s in promised.shape))
    return promised


def _body(function: checked.Function, bound: dict[str, Fact], span: Span, walk: Walk) -> Fact:
    """What the body gives for these arguments; nothing is known while the function calls itself."""
    known = walk.known
    definition = known.definitions.get(function)
    key = (function, walk.certain, tuple(bound.values()))
    if definition is None or walk.is_tired:
        return None
    if key not in known.results:
        known.results[key] = None
        known.results[key] = known.run(definition, bound, span, walk)
    return known.results[key]

"""Everything that is known of a program's text before it runs, whether it has errors or not."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace

from tensorlogic.errors import Diagnostic, Severity
from tensorlogic.errors.codes import UNUSED_NAME
from tensorlogic.lang import checked, tree
from tensorlogic.lang.checker import NOTHING, Imports, check_program
from tensorlogic.lang.collection import uncollected
from tensorlogic.lang.context import Context
from tensorlogic.lang.inference import infer
from tensorlogic.lang.inference.walk import Finding
from tensorlogic.lang.occurrences import Occurrence
from tensorlogic.lang.problems import error_of
from tensorlogic.lang.signatures import Signature
from tensorlogic.lang.source import Source, Span


@dataclass(frozen=True, eq=False)
class Analysis:
    """What is known of a text that could be parsed."""

    tree: tree.Program
    program: checked.Program | None
    """None when there are errors."""
    diagnostics: tuple[Diagnostic, ...]
    """Everything that is wrong or odd about it, in the order of the text."""
    names: tuple[Occurrence, ...]
    """Every name that means something, in the order of the text."""
    scopes: Mapping[checked.Variable, Span]
    """The stretch of the text in which each variable means something."""
    held: Mapping[checked.Variable, checked.Struct | None]
    """The struct that a variable's value is of, where the text shows that it is of one; None if of several."""
    exports: Imports
    """What an importing file gets, errors or not."""
    types: Mapping[Span, str] = field(default_factory=dict)
    """The types of values, such as ``float32[2, 3]``, where they are known."""
    learnables: frozenset[checked.Variable] = frozenset()
    """The variables that are declared to be trained."""


@uncollected
def analyze(
    program: tree.Program,
    known: Mapping[str, Signature | None],
    *,
    constants: Collection[str] = (),
    imports: Imports = NOTHING,
    unit: int = 0,
) -> Analysis:
    """What is known of a program, with everything that is wrong with its names.

    `known` are the builtin functions, with what they take if that is to be checked, and `constants` the builtin
    values. `imports` is what other files declare, and `unit` a number that keeps the names of this file apart from
    theirs. What has the same number was declared by an earlier input, with whose variables this one goes on.
    """
    context = Context(program, known, constants, imports, unit)
    whole = check_program(program, context)
    if not context.problems.errors:
        whole = _inferred(whole, context)
    for span, variable in context.occurrences.unused():
        help = "Remove it, or begin its name with _."
        context.problems.report(UNUSED_NAME, f"`{variable.name}` is never used", span, help, severity="warning")
    diagnostics = context.problems.diagnostics()
    sound = None if context.problems.errors else replace(whole, warnings=diagnostics)
    names = tuple(context.occurrences)
    reads = {node.span: fact for node, fact in whole.facts.items() if isinstance(node, checked.Read)}
    types = {span: str(fact) for span, fact in {**reads, **whole.places}.items() if fact is not None}
    learnables = frozenset(context.learnables)
    return Analysis(program, sound, diagnostics, names, context.scopes, context.held, whole.exports, types, learnables)


def _inferred(program: checked.Program, context: Context) -> checked.Program:
    """The program with what is known of its values. What cannot succeed is an error if it is sure to be tried."""
    known = infer(program, context.known)
    for found in sorted(known.findings.values(), key=lambda each: not each.certain):
        problem = found.problem
        severity: Severity = "error" if found.certain else "warning"
        # An operand that stands in the place of the finding is seen there already.
        shown = [each.words for each in found.witnesses if found.span.holds(each.place)]
        context.problems.report(
            problem.code,
            problem.message,
            found.span,
            problem.help,
            notes=(*problem.notes, *shown, *_way(found, program.source)),
            severity=severity,
            related=[each for each in found.witnesses if not found.span.holds(each.place)],
        )
    return replace(program, facts=known.facts if known.complete else {}, places=known.places)


def _way(found: Finding, source: Source) -> Iterator[str]:
    """The calls that lead to a finding, from the inside out."""
    for function, place in reversed(found.calls):
        yield f"in `{function}`, called at {source.name}:{source.position(place.start)[0]}"


def check(
    program: tree.Program,
    known: Mapping[str, Signature | None],
    *,
    constants: Collection[str] = (),
    imports: Imports = NOTHING,
    unit: int = 0,
) -> checked.Program:
    """The checked tree of a program, or a `SourceError` with everything that is wrong with its names.

    The parameters are those of `analyze`.
    """
    analysis = analyze(program, known, constants=constants, imports=imports, unit=unit)
    if analysis.program is None:
        raise error_of(analysis.diagnostics)
    return analysis.program

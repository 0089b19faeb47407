"""Operations that split a model, and which unit suits it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from tensorlogic.advisor.cost import PRODUCTS, VIEWS
from tensorlogic.advisor.eligibility import Reason
from tensorlogic.advisor.findings.view import Found, View, check, names
from tensorlogic.advisor.graph import Site
from tensorlogic.advisor.placement import WHOLE, Placed, Region


def _flops(operations: Iterable[Placed]) -> float:
    return sum(each.work.flops for each in operations)


def _works(site: Site) -> bool:
    """Whether an operation computes, rather than convert or rename what it is given."""
    return site.type != "cast" and site.type not in VIEWS


def _between(view: View) -> list[Region]:
    """The regions that the Neural Engine does not take, with what it takes before and after them."""
    regions = view.placement.regions
    taken = [region.index for region in regions if region.eligible and any(map(_works, region.sites))]
    return [region for region in regions if not region.eligible and taken and taken[0] < region.index < taken[-1]]


@check
def breakers(view: View) -> Iterator[Found]:
    """Types of operations that stand between what the Neural Engine takes, those of most places first."""
    placed = {each.site: each for each in view.placement.operations}
    of_type: dict[str, list[Placed]] = defaultdict(list)
    alone: Counter[str] = Counter()
    for region in _between(view):
        blocking = [placed[site] for site in region.sites if _blocks(view, placed[site])]
        for each in blocking:
            of_type[each.site.type].append(each)
        if len(types := {each.site.type for each in blocking}) == 1:
            alone.update(types)
    for type, found in sorted(of_type.items(), key=lambda item: (-alone[item[0]], -len(item[1]))):
        reason = _reasons(view, found[0])[0]
        said = {
            "type": type,
            "reason": reason.text,
            "alone": f", and {2 * alone[type]} of them are due to {type} alone" if alone[type] else "",
            "fix": reason.fix or "Do it on the host.",
        }
        yield Found(names(found), said, (reason.rule,))


@check
def heavy(view: View) -> Iterator[Found]:
    """Types of operations that do much of the work and are not taken, where they do not stand in between."""
    total = _flops(view.placement.operations)
    told = {site.type for region in _between(view) for site in region.sites}
    of_type: dict[str, list[Placed]] = defaultdict(list)
    for each in view.placement.operations:
        if _blocks(view, each) and each.site.type not in told:
            of_type[each.site.type].append(each)
    for type, found in of_type.items():
        if (share := _flops(found) / (total or 1)) >= view.limit:
            reason = _reasons(view, found[0])[0]
            fix = reason.fix or "Do it on the host."
            said = {"type": type, "share": f"{share:.0%}", "reason": reason.text, "fix": fix}
            yield Found(names(found), said, (reason.rule,))


def _blocks(view: View, placed: Placed) -> bool:
    return not placed.eligibility.may_run and bool(_reasons(view, placed))


def _reasons(view: View, placed: Placed) -> list[Reason]:
    """What is said of an operation alone, and is told by no other finding."""
    return [each for each in placed.eligibility.reasons if each.verdict == "no" and each.rule not in view.told]


@check
def ruled(view: View) -> Iterator[Found]:
    """What rules of eligibility say, and no more."""
    if found := view.ruled:
        text = next(reason.text for reason in found[0].eligibility.reasons if reason.rule in view.rules)
        yield Found(names(found), {"text": text})


@check
def control_flow(view: View) -> Iterator[Found]:
    """A loop or a branch."""
    found = [each for each in view.placement.operations if each.site.type in WHOLE]
    if found:
        yield Found(names(found), {"type": found[0].site.type})


@check
def unknown_operations(view: View) -> Iterator[Found]:
    """Operations that no fact is about."""
    found = [each for each in view.placement.operations if each.eligibility.verdict == "unknown"]
    if found:
        yield Found(names(found), {"types": ", ".join(sorted({each.site.type for each in found}))})


@check
def many_operations(view: View) -> Iterator[Found]:
    """More operations than some models that left the Neural Engine had."""
    total = len(view.placement.operations)
    if total > view.limit:
        yield Found((), {"total": f"{total:,}"})


@check
def tiny(view: View) -> Iterator[Found]:
    """Few weights, and although the Neural Engine takes most of it, the CPU is expected to be faster."""
    operations, parameters = view.placement.operations, view.subject.metadata.parameters
    taken, total = _flops(view.eligible), _flops(operations)
    if parameters < view.limit and taken > 0.5 * total and view.placement.share("cpu") == 1:
        yield Found((), {"parameters": f"{parameters:,}"})


@check
def large_products(view: View) -> Iterator[Found]:
    """Most of the work is matrix products, and there is much of it."""
    operations = view.placement.operations
    flops, products = _flops(operations), _flops(each for each in operations if each.site.type in PRODUCTS)
    if view.units in ("all", "cpu_and_ne") and flops >= view.limit and products > 0.5 * flops:
        yield Found((), {"gflops": f"{flops / 1e9:.3g}", "share": f"{products / flops:.0%}"})


@check
def all_units(view: View) -> Iterator[Found]:
    """Every unit is allowed, and the Neural Engine is expected to do most."""
    if view.units == "all" and view.placement.share_of_flops("ane") > 0.5:
        yield Found()


@check
def expected_only(view: View) -> Iterator[Found]:
    """Something is expected on the Neural Engine, which only a device can show."""
    if view.placement.share("ane"):
        yield Found()

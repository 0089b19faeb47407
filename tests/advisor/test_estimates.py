"""Estimates: the arithmetic by hand, what is fitted, and that each says what it is and from what to what."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from math import exp, hypot, log, sqrt
from pathlib import Path

import numpy as np
import pytest
from scripts import fit_latency
from scripts.fit_latency import Prediction, Row

from tensorlogic.advisor import advise
from tensorlogic.advisor.chips import chip, chips
from tensorlogic.advisor.cost import Work, work
from tensorlogic.advisor.estimate import Estimate, Range
from tensorlogic.advisor.estimates import estimates
from tensorlogic.advisor.evidence import address, table
from tensorlogic.advisor.graph import Graph
from tensorlogic.advisor.placement import Placement, place
from tensorlogic.advisor.units import (
    NAMES,
    Constants,
    Unit,
    Units,
    bandwidth,
    fitted,
    rate,
    seconds,
    speed,
    speed_of,
    watts,
)
from tensorlogic.mil import Value
from tensorlogic.mil.types import FP16, INT32
from tests.mil.simplified import Step, chain, step
from tests.ops.harness import constant, literal, operation, program, tensor

NARROW = tensor("x", FP16, 2, 4, 6, 8)
FACTS = fit_latency.FACTS
CONSTANTS = Constants(
    call=1e-4, launch=2e-4, flops=1e11, dense=0.5, weights=0.5, written=1e9, transfer=1e10, each=1e-6, move=2e-5,
    gate=1e-5,
)  # fmt: skip
A14 = chip("A14")  # 11 TOPS, 34 GB/s


@pytest.mark.parametrize(
    ("work", "operations", "wanted"),
    [
        (Work(1.1e9, 0, 0), 1, 1e-3 + 1e-6),  # 1.1e9 at 11 × 1e11 a second
        (Work(1.1e9, 0, 0, dense=1.1e9), 1, 2e-3 + 1e-6),  # products at half of that
        (Work(1.1e9, 0, 1.7e7), 1, 1e-3 + 1e-6),  # 17 MB at half of 34 GB/s take as long
        (Work(1.1e9, 0, 3.4e7), 1, 2e-3 + 1e-6),  # and 34 MB longer
        (Work(0, 0, 0, written=1.1e7), 100, 1e-3 + 1e-4),  # 11 MB at 11 GB/s
        (Work(0, 0, 0, moves=3, gates=2), 5, 6e-5 + 2e-5 + 5e-6),
    ],
)
def test_what_work_takes(work: Work, operations: int, wanted: float) -> None:
    assert speed_of(CONSTANTS, A14, "ane").busy(work, operations) == pytest.approx(wanted)
    assert speed_of(CONSTANTS, A14, "ane", 3).busy(work, operations) == pytest.approx(3 * wanted)


def test_a_region_starts_and_transfers_once() -> None:
    units, its = Units(A14, ("ane",)), speed(A14, "ane")
    works = [Work(1e9, 0, 1e6), Work(2e9, 0, 2e6)]
    wanted = its.launch + 1e6 / its.transfer + 3e9 / its.flops + 2 * its.each
    assert seconds(units, "ane", works, 1e6) == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("name", "unit", "of_rate", "memory"),
    [("M1", "ane", 11, 68), ("M4 Max", "ane", 19, 120), ("M4 Max", "gpu", 16, 478), ("A17 Pro", "cpu", 1, 51.2)],
)
def test_what_a_unit_scales_with(name: str, unit: str, of_rate: float, memory: float) -> None:
    (of,) = (each for each in NAMES if each == unit)
    assert (rate(chip(name), of), bandwidth(chip(name), of)) == (of_rate, memory)


def row(flops: float, taken: float, family: str = "f", on: str = "A14", weights: float = 0) -> Row:
    return Row("row", family, "ane", chip(on), taken, True, Work(flops, 0, weights), 1, 0)


def test_a_fit_finds_what_rows_were_made_of() -> None:
    """An intercept of 0.5 ms and 4.4 TFLOPS, which is 0.4e12 for each of 11 TOPS."""
    work = np.geomspace(1e8, 1e11, 40)
    made = fit_latency.fit("ane", [row(flops, 5e-4 + flops / 4.4e12) for flops in work])
    for flops in work:
        assert made.seconds(row(flops, 1)) == pytest.approx(5e-4 + flops / 4.4e12, rel=0.1)


def test_an_outlier_hardly_changes_a_fit() -> None:
    rows = [row(flops, 5e-4 + flops / 4.4e12) for flops in np.geomspace(1e8, 1e11, 40)]
    made = fit_latency.fit("ane", [*rows, row(1e9, 1.0)])
    assert made.seconds(row(1e10, 1)) == pytest.approx(5e-4 + 1e10 / 4.4e12, rel=0.15)


def test_a_family_is_in_one_fold_only() -> None:
    rows = [row(1, 1, family) for family, count in (("a", 9), ("b", 5), ("c", 4), ("d", 3), ("e", 1), ("f", 1))
            for _ in range(count)]  # fmt: skip
    groups = fit_latency.folds(rows)
    assert sorted(map(sorted, groups)) == [["a"], ["b"], ["c"], ["d"], ["e", "f"]]


def test_nothing_of_its_family_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [row(1e9 * n, 1e-3, family) for n in (1, 2) for family in "abcdefg"]
    seen: list[set[str]] = []
    real = fit_latency.fit

    def spy(unit: str, measured: list[Row]) -> fit_latency.Fit:
        seen.append({each.family for each in measured})
        return real("ane", measured)

    monkeypatch.setattr(fit_latency, "fit", spy)
    found = list(fit_latency.unseen("ane", rows, fit_latency.by_family(rows)))
    assert sorted(each.row.family for each in found) == sorted("abcdefg" * 2)
    assert all(families.isdisjoint(group) for families, group in zip(seen, fit_latency.folds(rows), strict=True))


def test_a_spread_holds_four_of_five_and_a_little_more() -> None:
    """Misses -1 … 1 in even steps, of 100 families: from each end 10 % less 0.3 / √100 = 3 % are left out."""
    misses = np.linspace(-1, 1, 1001)
    found = [Prediction(row(1, exp(miss), f"{n % 100}"), 1.0) for n, miss in enumerate(misses)]
    assert fit_latency.spread(found) == pytest.approx((exp(-0.86), exp(0.86)))


def test_few_rows_do_not_tell_the_side() -> None:
    low, high = fit_latency.spread(Prediction(row(1, taken, "f"), 1.0) for taken in (2, 3, 4))
    assert (low, high) == pytest.approx((1 / 4, 4))


def test_predictions_know_how_good_they_are() -> None:
    found = Prediction(row(1, 2.0), 1.5, 0.5, 1.3)
    assert (found.error, found.miss, found.is_inside) == (0.25, pytest.approx(log(2 / 1.5)), False)


def test_what_is_committed_is_what_the_script_fits() -> None:
    rows = fit_latency.rows()
    for unit in NAMES:
        measured = [each for each in rows if each.unit == unit]
        made, committed = fit_latency.fit(unit, measured), fitted(unit)
        assert committed.rows == sum(each.call for each in measured)
        for name, value in made.slower.items():
            assert committed.slower[name] == pytest.approx(value, rel=0.02)
        assert committed.constants.flops == pytest.approx(made.constants.flops, rel=0.02)


@pytest.fixture(scope="module")
def left_out() -> dict[Unit, list[Prediction]]:
    """What is predicted of rows that the fit did not see, by unit."""
    rows = fit_latency.rows()
    return {unit: list(fit_latency.validated(unit, [row for row in rows if row.unit == unit])) for unit in NAMES}


@pytest.mark.parametrize(("units", "least"), [(("ane",), 100), (("ane", "gpu", "cpu"), 140)], ids=["ane", "all"])
def test_rows_left_out_are_predicted_as_well_as_is_promised(
    units: tuple[Unit, ...], least: int, left_out: dict[Unit, list[Prediction]]
) -> None:
    """Median error 25 %, 90th percentile 60 %, and 80 % of the measurements in the range that is printed."""
    found = [each for unit in units for each in left_out[unit]]
    middle, most = np.quantile([each.error for each in found], [0.5, 0.9])
    assert len(found) > least
    assert (middle <= 0.25, most <= 0.6) == (True, True)
    assert sum(each.is_inside for each in found) >= 0.8 * len(found)


def rows_of(name: str) -> list[dict[str, str]]:
    with (FACTS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_measurement_is_used_or_says_why_not() -> None:
    works = {(network["model"], network["input"]): network for network in rows_of("networks")}
    measured = rows_of("latency")
    assert len({each["id"] for each in measured}) == len(measured) == 305
    for each in measured:
        assert each["use"] in ("fit", "compute") or each["use"].startswith("no: ")
        if each["use"] in ("fit", "compute"):
            network = works[each["model"], each["input"]]
            assert float(network["gmac"]) > 0 < float(network["mact"])
            assert bool(each["gmac"]) == ("gmac" not in network["derived"].split())
            assert each["gmac"] in ("", network["gmac"])


def test_every_power_has_known_chips_and_sources() -> None:
    for each in table("power")["power"]:
        assert set(each["chips"]) <= set(chips())
        assert each["unit"] in NAMES
        assert all(map(address, each["sources"])) and (each["sources"] or each["confidence"] == "F")


def test_what_is_not_known_to_be_drawn_is_unknown() -> None:
    assert watts(chip("M1"), "ane") == 1.7
    assert watts(chip("A19"), "ane") is None
    assert watts(chip("M1"), "cpu") is None


def test_energy_is_off_by_power_and_time_together(package: Path) -> None:
    """1.7 W for as long as it takes; the two factors are combined as errors that have nothing to do with each other."""
    found = advise(package, "M1", "all").estimates["ane"]
    assert found.energy is not None and found.power is not None and found.efficiency is not None
    low, high = fitted("ane").within(chip("M1"))
    assert found.energy.likely == pytest.approx(1.7 * found.latency.likely)
    assert log(found.energy.high / found.energy.likely) == pytest.approx(hypot(log(2), log(high)))
    assert log(found.energy.likely / found.energy.low) == pytest.approx(sqrt(log(2) ** 2 + log(low) ** 2))
    assert found.power == pytest.approx((0.85, 1.7, 3.4))
    assert found.efficiency.likely == pytest.approx(1000 / found.energy.likely)


def test_chips_that_were_not_measured_say_so_and_have_the_wider_range(package: Path) -> None:
    """Nobody published a latency of an M3 Ultra that could be used."""
    known, other = (advise(package, name).estimates["ane"] for name in ("M1", "M3 Ultra"))
    assert "none of them on M3 Ultra" in other.basis[0]
    assert f"{fitted('ane').counts['M1']} of them on M1" in known.basis[0]
    for unit in NAMES:
        for kind, (low, high) in fitted(unit).measured.items():
            least, most = fitted(unit).other[kind]
            assert least <= low < 1 < high <= most


@pytest.mark.parametrize("name", chips())
def test_every_estimate_has_a_range_and_the_word(name: str, package: Path) -> None:
    advice = advise(package, name)
    assert set(advice.estimates) == {"expected", "ane", "gpu", "cpu"}
    for found in advice.estimates.values():
        assert 0 < found.latency.low < found.latency.likely < found.latency.high
        assert str(found).startswith("estimated ") and "(" in str(found) and " to " in str(found)
        assert found.energy is None or 0 < found.energy.low < found.energy.likely < found.energy.high
        assert found.energy is not None or "energy unknown" in str(found)
        data = found.as_dict()
        assert data["estimated"] is True and set(data["latency_ms"]) == {"low", "likely", "high"}
    assert json.loads(json.dumps(advice.as_dict()))["estimates"]["expected"]["estimated"] is True


def test_only_units_that_are_allowed_are_estimated(package: Path) -> None:
    assert set(advise(package, "M1", "cpu_only").estimates) == {"expected", "cpu"}
    assert set(advise(package, "M1", "cpu_and_gpu").estimates) == {"expected", "gpu", "cpu"}


def graph_of(*steps: Step, x: Value = NARROW) -> Graph:
    return Graph(chain(steps, x).functions["main"])


def test_the_neural_engine_alone_is_unknown_of_what_it_does_not_take() -> None:
    placement = place(graph_of(step("relu"), step("cumsum", axis=1, exclusive=False, reverse=False)), A14)
    assert set(estimates(placement, A14, "all")) == {"expected", "gpu", "cpu"}


def test_handing_over_takes_time() -> None:
    """The call, three regions, and twice 0.3 ms."""
    region = place(graph_of(step("relu")), A14, "cpu_only").regions[0]
    units: tuple[Unit, ...] = ("ane", "cpu", "ane")
    regions = tuple(replace(region, unit=unit, seconds={unit: 1e-3}) for unit in units)
    placement = Placement(place(graph_of(step("relu")), A14).operations, regions)
    wanted = 1e3 * (speed(A14, "ane").call + 3e-3 + 2 * 3e-4)
    assert estimates(placement, A14, "all")["expected"].latency.likely == pytest.approx(wanted)


def test_nothing_is_estimated_where_sizes_are_unknown() -> None:
    x = tensor("x", FP16, 2, None, 6, 8)
    assert estimates(place(graph_of(step("relu"), x=x), A14), A14, "all") == {}


@pytest.mark.parametrize(
    ("steps", "moves", "gates"),
    [
        ((step("transpose", 2, 6, 8, 4, perm=[0, 2, 3, 1]),), 0, 0),  # between layouts
        ((step("reshape", 2, 2, 2, 6, 8, shape=[2, 2, 2, 6, 8]), step("transpose", perm=[0, 2, 1, 3, 4])), 1, 0),
        ((step("transpose", 2, 6, 8, 4, perm=[0, 2, 3, 1]), step("reshape", 2, 48, 4, shape=[2, 48, 4])), 1, 0),
        ((step("reshape", 2, 4, 48, shape=[2, 4, 48]),), 0, 0),
        ((step("pixel_shuffle", 2, 1, 12, 16, upscale_factor=2),), 1, 0),
        ((step("reduce_mean", 2, 4, 1, 1, axes=[2, 3], keep_dims=True),), 0, 1),
        ((step("reduce_mean", 2, 1, 6, 8, axes=[1], keep_dims=True),), 0, 0),
    ],
)
def test_what_makes_the_neural_engine_wait(steps: tuple[Step, ...], moves: int, gates: int) -> None:
    works = [work(site) for site in graph_of(*steps).sites]
    assert (sum(each.moves for each in works), sum(each.gates for each in works)) == (moves, gates)


def test_what_products_and_attention_write() -> None:
    """A product of 6 × 8 and 8 × 6 in each of 2 × 4; attention with 6 queries and 6 keys has 6 × 6 scores."""
    (product,) = graph_of(step("matmul", 2, 4, 6, 6, x="x", y="x", transpose_y=True)).sites
    (attention,) = graph_of(step("scaled_dot_product_attention", query="x", key="x", value="x")).sites
    assert (work(product).written, work(product).dense) == (2 * 2 * 4 * 6 * 6, 2 * 2 * 4 * 6 * 6 * 8)
    assert work(attention).written == 2 * (2 * 4 * 6 * 8 + 2 * 4 * 6 * 6)


def test_only_the_rows_of_a_table_that_are_looked_up_are_read() -> None:
    given = constant("table", literal(np.zeros((50000, 16), np.float16)))
    took = operation("gather", tensor("y", FP16, 3, 16), x="table", indices="x", axis=0, batch_dims=0)
    (site,) = Graph(program([tensor("x", INT32, 3)], [given, took], ["y"]).functions["main"]).sites
    assert work(site).weights == 3 * 16 * 2


@pytest.mark.parametrize(("size", "unit"), [(384, "cpu"), (512, "ane")])
def test_the_size_from_which_a_product_goes_to_the_neural_engine(size: int, unit: str) -> None:
    """As MLComputePlan has been seen to say on an M4."""
    x, y = tensor("x", FP16, size, size), tensor("y", FP16, size, size)
    product = operation("matmul", tensor("z", FP16, size, size), x="x", y="y")
    graph = Graph(program([x, y], [product], ["z"]).functions["main"])
    assert place(graph, chip("M4"), "cpu_and_ne").operations[0].unit == unit


def test_nothing_is_estimated_of_nothing() -> None:
    assert estimates(Placement((), ()), chip("M1"), "all") == {}


def test_numbers_as_people_read_them() -> None:
    found = Estimate(Range(0.51234, 1.0, 1234.5), None, "basis", "D")
    assert str(found) == "estimated 1 (0.512 to 1,234) ms, energy unknown"
    assert (found.power, found.efficiency) == (None, None)

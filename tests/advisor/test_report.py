"""The page and the SARIF log of an advice: what they must hold, what they must not, and how large they are."""

from __future__ import annotations

import base64
import hashlib
import json
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest

from tensorlogic.advisor.eligibility import rules
from tensorlogic.report import page, sarif
from tensorlogic.report.layout import layout
from tensorlogic.report.wording import listed, scaled, shown
from tests.advisor.made import HOSTILE, advice


class Read(HTMLParser):
    """A page as a browser takes it apart: its elements, and the text of each kind of element."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self._open:
            self.texts.setdefault(self._open[-1], []).append(data)

    def data(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.texts["script"][0])
        return found


def test_the_page_tells_what_is_expected() -> None:
    text = page(advice(40))
    read = Read(text)
    said = " ".join(part for parts in read.texts.values() for part in parts)
    for words in (
        *("x.mlpackage", "Function main, on M1 with compute units all", "expected", "not measured"),
        *("The batch is 8", "Convert with shape=(1, 3, 224, 224).", "tl advise --fix makes this change", "2-20x"),
        *("measured by several people (CT, CTI#1723)", "every audit saw it on the CPU"),
        *("Estimated", "0.8 – 2.1", "4 – 11", "unknown", "CPU: 17 rows of the table"),
    ):
        assert words in said, words
    assert ("a", "https://github.com/apple/coremltools/issues/1723") in [(t, a.get("href")) for t, a in read.elements]
    assert "runs on the Neural Engine" not in text


def test_the_graph_of_the_page() -> None:
    nodes = Read(page(advice(10))).data()["nodes"]
    assert [node["kind"] for node in nodes] == ["input", *["operation"] * 10, "output"]
    by_name = {node["name"]: node for node in nodes if node["kind"] == "operation"}
    gather = by_name["layer_0_8"]
    assert (gather["type"], gather["unit"], gather["takes"]) == ("gather", "cpu", "is not expected to take it")
    assert gather["outputs"] == ["layer_0_8: tensor<fp16, [1, 128, 256]>"]
    assert [reason["rule"] for reason in gather["reasons"]] == ["gather"]
    assert by_name["layer_0_4"]["from"] == [4], "the softmax comes after the first product"
    assert nodes[-1]["from"] == [10]


def test_nothing_of_the_file_is_markup() -> None:
    read = Read(page(advice(20, HOSTILE)))
    tags = [tag for tag, _ in read.elements]
    assert "img" not in tags
    assert tags.count("script") == 2
    assert not [attributes for _, attributes in read.elements if any(each.startswith("on") for each in attributes)]
    assert read.data()["nodes"][0]["name"] == shown(HOSTILE)
    assert any(shown(HOSTILE) in each for each in read.texts["button"])


def test_the_policy_lets_only_its_own_script_and_style_work() -> None:
    read = Read(page(advice(10)))
    policy = next(a["content"] for tag, a in read.elements if tag == "meta" and "http-equiv" in a) or ""
    assert policy.startswith("default-src 'none';")
    for kind, text in (("script", read.texts["script"][-1]), ("style", read.texts["style"][0])):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert not [a for _, a in read.elements if "src" in a]
    assert {tag for tag, a in read.elements if "href" in a} == {"a"}


def test_three_thousand_operations_are_less_than_three_megabytes() -> None:
    text = page(advice(3000))
    assert len(Read(text).data()["nodes"]) == 3002
    assert len(text.encode()) < 3e6


# Sources of each node, and the layer of each.
LAYERS = [
    ([], []),
    ([[], [0], [1]], [0, 1, 2]),
    ([[], [0], [0], [1, 2]], [0, 1, 1, 2]),
    ([[], [0], [1], [2, 0]], [0, 1, 2, 3]),
    ([[], [0], [1], [], [2, 3]], [0, 1, 2, 2, 3]),
    ([[], [0], [1], [], [3], [2, 4]], [0, 1, 2, 1, 2, 3]),
]


@pytest.mark.parametrize(("sources", "layers"), LAYERS)
def test_layers(sources: list[list[int]], layers: list[int]) -> None:
    assert layout(sources).layers == layers


def test_a_chain_is_straight() -> None:
    assert layout([[], [0], [1], [2]]).places == [0, 0, 0, 0]


def test_what_joins_two_stands_between_them() -> None:
    assert layout([[], [0], [0], [1, 2]]).places == pytest.approx([0.5, 0, 1, 0.5])


def test_nothing_overlaps() -> None:
    sources = [[], *([0] for _ in range(20)), list(range(1, 21)), [0, 21]]
    found = layout(sources)
    for layer in set(found.layers):
        row = sorted(place for place, its in zip(found.places, found.layers, strict=True) if its == layer)
        assert all(other - one > 1 - 1e-9 for one, other in pairwise(row))
    assert len(found.lanes[0]) == 2, "the line from the first to the last passes two layers"


def test_a_deep_graph_does_not_lean() -> None:
    sources: list[list[int]] = [[]]
    for layer in range(50):
        first = 4 * layer
        sources += [[first], [first], [first + 1, first + 2], [first, first + 3]]
    places = layout(sources).places
    assert {places[4 * layer] for layer in range(50)} == {places[0]}


def test_long_lines_take_no_room() -> None:
    found = layout([[], *([each] for each in range(100)), [0, 100]])
    assert all(not lane for lane in found.lanes)


WORDS = [
    (scaled(0, "B"), "0 B"),
    (scaled(999.4, "B"), "999 B"),
    (scaled(1500, "B"), "1.5 kB"),
    (scaled(11_234_000_000, "FLOP"), "11.2 GFLOP"),
    (scaled(5e16, "FLOP"), "5e+04 TFLOP"),
    (shown("a\x1b[31mb\n"), "a�[31mb�"),
    (shown("a" * 100 + "b" * 100), "a" * 80 + "…" + "b" * 80),
    (listed(["a", "b"]), "a, b"),
    (listed([*"abcdefg"]), "a, b, c, d and 3 more"),
]


@pytest.mark.parametrize(("said", "want"), WORDS)
def test_wording(said: str, want: str) -> None:
    assert said == want


def test_as_plain_data() -> None:
    made = json.loads(json.dumps(advice(10).as_dict()))
    (finding,) = made["findings"]
    assert (finding["id"], finding["where"][1], finding["fixable"]) == ("batch-size", "layer_0_2", True)
    assert (finding["sources"], finding["confidence"]) == (["CT", "CTI#1723"], "S")
    assert made["estimates"]["expected"]["latency_ms"] == {"low": 0.8, "likely": 1.2, "high": 2.1}
    assert made["estimates"]["cpu"]["energy_mj"] is None


def test_sarif() -> None:
    made = advice(20)
    log = json.loads(json.dumps(sarif(made)))
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-2.1.0.json")
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"] == "tl advise"
    ids = [rule["id"] for rule in driver["rules"]]
    assert len(ids) == len(set(ids))
    assert {"batch-size", "gather"} <= set(ids)
    for rule in driver["rules"]:
        assert rule["shortDescription"]["text"] and rule["help"]["text"] and rule["properties"]["sources"]
        assert rule["defaultConfiguration"]["level"] in ("error", "warning", "note")
        assert rule.get("helpUri", "https://").startswith("https://")
    for result in run["results"]:
        assert ids[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note")
        assert result["message"]["text"]
        (location,) = result["locations"]
        uri = location["physicalLocation"]["artifactLocation"]["uri"]
        assert run["artifacts"][0]["location"]["uri"] == uri == "models/x.mlpackage"
    gathers = [each for each in run["results"] if each["ruleId"] == "gather"]
    names = [each["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] for each in gathers]
    assert names == ["main/layer_0_8", "main/layer_1_8"]
    assert "The Neural Engine is not expected to take this operation" in gathers[0]["message"]["text"]
    prints = [each["partialFingerprints"]["operation/v1"] for each in run["results"]]
    assert len(prints) == len(set(prints))


def test_sarif_of_a_strange_path_is_a_uri() -> None:
    (run,) = sarif(advice(10, "a b#c?%"))["runs"]
    assert run["artifacts"][0]["location"]["uri"] == "models/a%20b%23c%3F%25.mlpackage"


def test_every_rule_can_be_described() -> None:
    from tensorlogic.report.sarif import _of_rule

    for rule in rules():
        if rule.id:
            described = _of_rule(rule).as_dict()
            assert "{" not in described["shortDescription"]["text"]

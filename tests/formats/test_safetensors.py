"""The reader of SafeTensors files against damaged and hostile ones, and what opening costs."""

from __future__ import annotations

import json
import random
import re
import resource
import struct
import time
import tracemalloc
from pathlib import Path

import pytest

from tensorlogic.errors import BytePlace, FormatError, TensorLogicError, codes
from tensorlogic.errors.codes import Code
from tensorlogic.formats.safetensors import SafeTensorsFile
from tensorlogic.formats.safetensors_shards import ShardedFile
from tests.formats.safetensors_files import DATA, SOUND, V, W, file_of, header_of
from tests.malformed.mutate import mutate

F32 = ("F32", [2, 2], [0, 16])
I8 = ("I8", [8], [16, 24])
TOO_DEEP = "[" * 900 + "]" * 900

# What is wrong: the file, the code, the byte or the last text that stands there, and what the message says.
DAMAGED: dict[str, tuple[bytes, Code, int | str, str]] = {
    "empty": (b"", codes.TRUNCATED, 0, "length"),
    "half a length": (b"\x10\0\0", codes.TRUNCATED, 0, "only 3 are left"),
    "a header of more than the file": (file_of(SOUND, length=1000), codes.TRUNCATED, 8, "1,000"),
    "a header of exabytes": (file_of(SOUND, length=1 << 62), codes.TOO_LARGE, 0, "limit"),
    "a header of nothing": (file_of(""), codes.CORRUPT, 8, "no {"),
    "no object": (file_of("[]" + " " * 6), codes.CORRUPT, 8, "no {"),
    "no text": (file_of(b'{"a\xff":1}'), codes.CORRUPT, 11, "UTF-8"),
    "an unfinished object": (file_of("{" + W), codes.CORRUPT, 64, "no , or }"),
    "a comma too many": (file_of(f"{{{W},}}"), codes.CORRUPT, 65, "a string is missing"),
    "a name that is a number": (file_of("{1:2}"), codes.CORRUPT, 9, "a string is missing"),
    "a name of 100,000 characters": (file_of('{"' + "a" * 100_000 + '":1}'), codes.CORRUPT, "1}", "'aaa"),
    "a name without an end": (file_of('{"abc'), codes.CORRUPT, 9, "Unterminated string"),
    "an escape that there is not": (file_of('{"a\\x":1}'), codes.CORRUPT, 11, "Invalid \\escape"),
    "half of a character": (file_of('{"\\ud800":1}'), codes.CORRUPT, 9, "half of a character"),
    "something after the header": (file_of(f"{{{W},{V}}}x"), codes.CORRUPT, "x", "follows"),
    "a name twice": (file_of(f"{{{W},{V},{W}}}"), codes.CORRUPT, '"w"', "'w' occurs twice"),
    "a field twice": (file_of('{"w":{"dtype":"I8","dtype":"I8","shape":[24]}}'), codes.CORRUPT, 13, "'w'"),
    "metadata that are no texts": (file_of('{"__metadata__":{"a":1}}'), codes.CORRUPT, 29, "a string is missing"),
    "metadata that are no object": (file_of('{"__metadata__":[]}'), codes.CORRUPT, 24, "no {"),
    "a tensor that is a list": (file_of('{"w":[1,2]}'), codes.CORRUPT, 13, "'w'"),
    "a tensor without a shape": (file_of('{"w":{"dtype":"I8","data_offsets":[0,24]}}'), codes.CORRUPT, 13, "'w'"),
    "a field too many": (file_of(f'{{{W[:-1]},"x":0}}}}'), codes.CORRUPT, 13, "'w'"),
    "an object within": (file_of('{"w":{"dtype":{},"shape":[24],"data_offsets":[0,24]}}'), codes.CORRUPT, 13, "'w'"),
    "lists without end": (file_of(f'{{"w":{{"dtype":{TOO_DEEP},"shape":1}}}}'), codes.CORRUPT, 13, "'w'"),
    "a shape of 3,000 sizes": (file_of(header_of(w=("I8", [1] * 3000, [0, 24]))), codes.CORRUPT, 14, "'w'"),
    "a number of 5,000 digits": (file_of(f'{{"w":{{"shape":[{"9" * 5000}]}}}}'), codes.CORRUPT, 13, "'w'"),
    "an unknown type": (file_of(header_of(w=("F31", [6], [0, 24]))), codes.CORRUPT, 14, "'F31'"),
    "a type that is a number": (file_of(header_of(w=(32, [6], [0, 24]))), codes.CORRUPT, 14, "unknown data type 32"),
    "a negative size": (file_of(header_of(w=("I8", [-24, -1], [0, 24]))), codes.CORRUPT, 14, "shape"),
    "a size that is true": (file_of(header_of(w=("I8", [24, True], [0, 24]))), codes.CORRUPT, 14, "shape"),
    "a size that is a fraction": (file_of(header_of(w=("I8", [24.0], [0, 24]))), codes.CORRUPT, 14, "shape"),
    "65 axes": (file_of(header_of(w=("I8", [1] * 64 + [24], [0, 24]))), codes.CORRUPT, 14, "shape"),
    "sizes that overflow": (file_of(header_of(w=("F64", [1 << 32, 1 << 32], [0, 24]))), codes.CORRUPT, 14, "shape"),
    "none of too many": (file_of(header_of(w=("F64", [0, 1 << 62, 8], [0, 0]))), codes.CORRUPT, 14, "shape"),
    "one offset": (file_of(header_of(w=("I8", [24], [24]))), codes.BAD_OFFSET, 14, "offsets"),
    "a negative offset": (file_of(header_of(w=("I8", [24], [-1, 23]))), codes.BAD_OFFSET, 14, "offsets"),
    "offsets the wrong way": (file_of(header_of(w=("I8", [24], [24, 0]))), codes.BAD_OFFSET, 14, "offsets"),
    "an end outside": (file_of(header_of(w=("I8", [25], [0, 25]))), codes.TRUNCATED, 14, "byte 25 of the data"),
    "too few bytes": (file_of(header_of(w=("F32", [6], [0, 23]))), codes.SIZE_MISMATCH, 14, "23 bytes"),
    "half a byte": (file_of(header_of(w=("F4", [3], [0, 1]))), codes.SIZE_MISMATCH, 14, "float4_e2m1[3]"),
    "shared bytes": (file_of(header_of(w=F32, v=("I8", [12], [12, 24]))), codes.BAD_OFFSET, '"v"', "begins at byte 12"),
    "the same bytes": (file_of(header_of(w=F32, v=F32, u=I8)), codes.BAD_OFFSET, '"v"', "ends at 16"),
    "a hole": (file_of(header_of(w=F32, v=("I8", [7], [17, 24]))), codes.BAD_OFFSET, '"v"', "begins at byte 17"),
    "a hole at the start": (file_of(header_of(w=("I8", [23], [1, 24]))), codes.BAD_OFFSET, 9, "ends at 0"),
    "bytes of no tensor": (file_of(SOUND, DATA + b"end"), codes.CORRUPT, 8 + len(SOUND) + 24, "3 bytes at the end"),
    "data without tensors": (file_of("{}"), codes.CORRUPT, 10, "24 bytes at the end"),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged(tmp_path: Path, name: str) -> None:
    content, code, byte, says = DAMAGED[name]
    path = tmp_path / "m.safetensors"
    path.write_bytes(content)
    with pytest.raises(FormatError) as caught:
        SafeTensorsFile(path)
    (found,) = caught.value.diagnostics
    assert (found.code, found.place, says in found.message) == (code, BytePlace(str(path), at(content, byte)), True), (
        found
    )


def at(content: bytes, byte: int | str) -> int:
    return byte if isinstance(byte, int) else content.rindex(byte.encode())


def test_bytes_are_counted_where_characters_are_longer(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    path.write_bytes(file_of('{"größe":3}'))
    with pytest.raises(FormatError) as caught:
        SafeTensorsFile(path)
    assert caught.value.diagnostics[0].place == BytePlace(str(path), 8 + len('{"größe":'.encode()))


@pytest.mark.parametrize("size", range(8 + len(SOUND) + len(DATA)))
def test_truncated_at_every_byte(tmp_path: Path, size: int) -> None:
    path = tmp_path / "m.safetensors"
    path.write_bytes(file_of(SOUND)[:size])
    with pytest.raises(FormatError) as caught:
        SafeTensorsFile(path)
    place = caught.value.diagnostics[0].place
    assert isinstance(place, BytePlace) and place.offset is not None and place.offset <= size


@pytest.mark.parametrize("header", [SOUND, SOUND + " " * 7, json.dumps(json.loads(SOUND), indent=2)])
def test_sound(tmp_path: Path, header: str) -> None:
    path = tmp_path / "m.safetensors"
    path.write_bytes(file_of(header))
    file = SafeTensorsFile(path)
    assert (dict(file.metadata), set(file.tensors)) == ({"made": "here"}, {"w", "v"})
    assert (file.tensors["w"].shape, file.tensors["v"].dtype) == ((2, 2), "int8")
    assert (bytes(file.data("w")), bytes(file.data("v"))) == (DATA[:16], DATA[16:])


def test_hostile_headers_take_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    for content in ('{"w":[' + "[]," * 500_000 + "0]}", "{" * 1_000_000, '{"w":{"shape":[' + "1," * 1_000_000):
        path.write_bytes(file_of(content))
        tracemalloc.start()
        with pytest.raises(FormatError):
            SafeTensorsFile(path)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 3 * len(content)


NUMBERS = re.compile(rb"\d+|[A-Z]+\d+|[{}\[\],:\"]")
VALUES = (b"0", b"-1", b"1", b"8", b"16", b"25", b"4294967296", b"18446744073709551616", b"1e9", b"null", b"true", b'"')


def mutated(rng: random.Random) -> bytes:
    """A sound file with another number or mark in its header, or with other changes anywhere."""
    content = file_of(SOUND)
    if rng.random() < 0.5:
        return mutate(content, rng)
    found = rng.choice(list(NUMBERS.finditer(content, 8, len(content) - len(DATA))))
    changed = content[: found.start()] + rng.choice(VALUES) + content[found.end() :]
    return struct.pack("<Q", len(changed) - 8 - len(DATA)) + changed[8:]


@pytest.mark.parametrize("count", [300, pytest.param(5000, marks=pytest.mark.slow)])
def test_mutations_work_or_are_refused(tmp_path: Path, count: int) -> None:
    outcomes = {"read": 0, "refused": 0}
    for index in range(count):
        path = tmp_path / f"{index}.safetensors"
        path.write_bytes(mutated(random.Random(f"{count}-{index}")))
        try:
            file = SafeTensorsFile(path)
            for name, info in file.tensors.items():
                assert len(file.data(name)) == info.size <= len(DATA)
            outcomes["read"] += 1
        except FormatError as error:
            place = error.diagnostics[0].place
            assert isinstance(place, BytePlace) and place.offset is not None, error
            outcomes["refused"] += 1
        path.unlink()
    assert min(outcomes.values()) > count / 20


def sparse(path: Path, size: int, count: int) -> None:
    """A file of so many tensors of zeros that takes no space on the disk."""
    each = size // count // 4096 * 4096
    header = header_of(
        **{f"layers.{i // 10}.part_{i % 10}.weight": ("F32", [each // 4096, 1024], [i * each, (i + 1) * each])
           for i in range(count)}
    )  # fmt: skip
    path.write_bytes(file_of(header, b""))
    with path.open("r+b") as file:
        file.truncate(8 + len(header) + each * count)


@pytest.mark.parametrize("count", [100, 10_000])
def test_opening_four_gigabytes_costs_nothing(tmp_path: Path, count: int) -> None:
    path = tmp_path / "large.safetensors"
    sparse(path, 4 << 30, count)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    times = []
    for _ in range(3):
        start = time.perf_counter()
        file = SafeTensorsFile(path)
        times.append(time.perf_counter() - start)
    assert (len(file.tensors), file.size) == (count, path.stat().st_size)
    assert min(times) < 0.2
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # KiB
    assert file.data("layers.3.part_7.weight")[5] == 0


INDEX = '{"metadata": {"total_size": 24}, "weight_map": {"w": "a.safetensors", "v": "b.safetensors"}}'
SHARDS = {
    "a.safetensors": file_of(header_of(w=F32), DATA[:16]),
    "b.safetensors": file_of(header_of(v=("I8", [8], [0, 8])), DATA[16:]),
}


@pytest.fixture
def index(tmp_path: Path) -> Path:
    for name, content in SHARDS.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "x.index.json").write_text(INDEX)
    return tmp_path / "x.index.json"


def test_shards_are_one_model(index: Path) -> None:
    file = ShardedFile(index)
    assert list(file.tensors) == ["w", "v"]
    assert (bytes(file.data("w")), bytes(file.data("v"))) == (DATA[:16], DATA[16:])
    assert file.size == sum(path.stat().st_size for path in index.parent.iterdir())


def test_shards_may_be_links_of_a_cache(index: Path, tmp_path: Path) -> None:
    view = tmp_path / "snapshots" / "abc"
    view.mkdir(parents=True)
    for path in (index, *map(tmp_path.joinpath, SHARDS)):
        path.rename(tmp_path / f"blob-{path.name[0]}")
        (view / path.name).symlink_to(tmp_path / f"blob-{path.name[0]}")
    assert list(ShardedFile(view / index.name).tensors) == ["w", "v"]


WRONG_INDEX = {
    "no JSON": ("weights", codes.CORRUPT, 0, "no {"),
    "no map": ('{"metadata": {}}', codes.CORRUPT, 0, "weight_map"),
    "a map of numbers": ('{"weight_map": {"w": 1}}', codes.CORRUPT, 21, "a string is missing"),
    "a tensor twice": (INDEX.replace('"v"', '"w"'), codes.CORRUPT, '"w"', "'w' occurs twice"),
    "a shard that is missing": (
        INDEX.replace("b.", "c."),
        codes.PACKAGE_ITEM_MISSING,
        '"v"',
        "c.safetensors is missing",
    ),
    "a tensor that is missing": (INDEX.replace('"v"', '"u"'), codes.CORRUPT, '"u"', "'u' should be in b.safetensors"),
    "a way out": (INDEX.replace("b.", "../b."), codes.OUTSIDE_PACKAGE, '"v"', "'../b.safetensors'"),
    "a way to the root": (INDEX.replace("b.", "/b."), codes.OUTSIDE_PACKAGE, '"v"', "no file beside it"),
    "a path": (INDEX.replace("b.", "x/b."), codes.OUTSIDE_PACKAGE, '"v"', "no file beside it"),
    "a NUL": (INDEX.replace("b.", "\\u0000b."), codes.OUTSIDE_PACKAGE, '"v"', "no file beside it"),
    "no name": (INDEX.replace("b.safetensors", ""), codes.OUTSIDE_PACKAGE, '"v"', "no file beside it"),
    "the folder": (INDEX.replace("b.safetensors", ".."), codes.OUTSIDE_PACKAGE, '"v"', "no file beside it"),
    "too deep": ('{"metadata": ' + "[" * 100_000 + "}", codes.CORRUPT, 13, "nested too deeply"),
}


@pytest.mark.parametrize("name", WRONG_INDEX)
def test_wrong_index(index: Path, name: str) -> None:
    text, code, byte, says = WRONG_INDEX[name]
    index.write_text(text)
    with pytest.raises(TensorLogicError) as caught:
        ShardedFile(index)
    (found,) = caught.value.diagnostics
    place = BytePlace(str(index), at(text.encode(), byte))
    assert (found.code, found.place, says in found.message) == (code, place, True), found


def test_a_link_that_leads_out(index: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other") / "b.safetensors"
    (index.parent / "b.safetensors").rename(other)
    (index.parent / "b.safetensors").symlink_to(other)
    with pytest.raises(FormatError) as caught:
        ShardedFile(index)
    assert caught.value.code == codes.OUTSIDE_PACKAGE


def test_a_damaged_shard_is_named(index: Path) -> None:
    (index.parent / "b.safetensors").write_bytes(SHARDS["b.safetensors"][:-1])
    with pytest.raises(FormatError) as caught:
        ShardedFile(index)
    assert caught.value.diagnostics[0].place == BytePlace(str(index.parent / "b.safetensors"), 14)

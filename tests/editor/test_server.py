"""`tl lsp` as an editor meets it. Every wanted place is written down as the text that it marks."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.editor.client import Client

pytest.importorskip("pygls")

LIBRARY = """// How long a step is.
let step = 0.5
struct Point { x: float, y: float }
impl Point {
    fn new(a: float) -> Point { Point { x: a, y: a } }
    fn norm(self) -> float { self.x * self.x + self.y * self.y }
}
// Twice as much.
fn double(amount: float) -> float { amount * 2.0 }
"""
MAIN = """import "library.tl"
let p = Point::new(1.0)
/* 😀 */ let q = double(amount: step)
print(p.x, p.norm(), q)
fn area(wide, high) {
    let product = wide * high
    product
}
print(area(2, high: 3))
match p {
    Point { x, y: 0.0 } => print(x),
    _ => print("?")
}
"""
BROKEN = "let x = 1\nlet y = lenght(x)\nprint(yy, y)\n"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    folder = tmp_path_factory.mktemp("programs").resolve()
    (folder / "library.tl").write_text(LIBRARY)
    client = Client(folder)
    client.texts["library.tl"] = LIBRARY
    client.open("main.tl", MAIN)
    assert client.problems("main.tl") == []
    yield client
    assert client.stop() == 0


def test_it_says_what_it_can(client: Client) -> None:
    said = client.capabilities
    assert said["textDocumentSync"]["change"] == 1
    assert said["positionEncoding"] == "utf-16"
    providers = "hover definition references documentFormatting documentSymbol rename completion signatureHelp"
    assert all(said[f"{name}Provider"] for name in providers.split())


def test_problems_are_told_and_taken_back(client: Client) -> None:
    client.open("broken.tl", BROKEN)
    found = client.problems("broken.tl")
    assert [(each["code"], client.marked("broken.tl", each["range"]), each["severity"]) for each in found] == [
        ("TL0201", "2: lenght", 1),
        ("TL0201", "3: yy", 1),
    ]
    assert found[0]["message"].startswith("nothing is named `lenght`")
    client.change("broken.tl", "let x =\n" + BROKEN)
    assert [each["code"] for each in client.problems("broken.tl")] == ["TL0103"]
    client.change("broken.tl", "let x = 1\n")
    assert client.problems("broken.tl") == []


def test_columns_are_counted_as_the_editor_does(client: Client) -> None:
    client.open("wide.tl", 'print("😀😀") 𝑥\n')
    assert [client.marked("wide.tl", each["range"]) for each in client.problems("wide.tl")] == ["1: 𝑥"]
    client.change("wide.tl", 'print("😀😀", unknown)\n')
    assert [client.marked("wide.tl", each["range"]) for each in client.problems("wide.tl")] == ["1: unknown"]


HOVERS = [
    ("let q|", "q: float"),
    ("dou|ble", "fn double(amount: float) -> float\n\nTwice as much."),
    ("amount|: step", "double.amount: float"),
    ("amount: |step", "step: float\n\nHow long a step is."),
    ("Poi|nt::new", "struct Point { x: float, y: float }"),
    ("::ne|w", "fn Point::new(a: float) -> Point"),
    ("print(|p.x", "p: Point"),
    ("p.|x", "Point.x: float"),
    ("p.n|orm", "fn Point::norm(self) -> float"),
]


@pytest.mark.parametrize(("place", "want"), HOVERS)
def test_hover(client: Client, place: str, want: str) -> None:
    value = client.about("hover", "main.tl", place)["contents"]["value"]
    assert value.removeprefix("```tl\n").replace("\n```", "") == want


def test_builtins_are_described(client: Client) -> None:
    value = client.about("hover", "main.tl", "pri|nt(p.x")["contents"]["value"]
    assert value.startswith("```tl\nprint(")
    assert client.about("hover", "main.tl", "match| p") is None


def test_shapes_are_shown_behind_names(client: Client) -> None:
    text = "let x = zeros(2, 3)\nlet y: float32[2, 3] = x\nz := x @ x.transpose()\nlet n = 3\nfn f(a) { a }\nf(x)\n"
    client.open("shapes.tl", text)
    span = {"start": {"line": 0, "character": 0}, "end": {"line": 6, "character": 0}}
    hints = client.about("inlayHint", "shapes.tl", range=span)
    assert [(each["position"]["line"], each["position"]["character"], each["label"]) for each in hints] == [
        (0, 5, ": float32[2, 3]"),
        (2, 1, ": float32[2, 2]"),
        (4, 6, ": float32[2, 3]"),
    ]


DEFINITIONS = [
    ("product\n|}", None),
    ("    prod|uct\n}", "main.tl 6: product"),
    ("wide| * high", "main.tl 5: wide"),
    ("print(are|a", "main.tl 5: area"),
    ("hi|gh: 3", "main.tl 5: high"),
    ("amount: ste|p", "library.tl 2: step"),
    ("p.no|rm()", "library.tl 6: norm"),
    ("p.|x", "library.tl 3: x"),
    ("Point { |x, y", "library.tl 3: x"),
    ("pri|nt(p.x", None),
    ('"libr|ary.tl"', "library.tl 1: "),
]


@pytest.mark.parametrize(("place", "want"), DEFINITIONS)
def test_definition(client: Client, place: str, want: str | None) -> None:
    found = client.about("definition", "main.tl", place)
    assert (None if found is None else _said(client, found)) == want


def _said(client: Client, location: dict[str, Any]) -> str:
    name = location["uri"].rpartition("/")[2]
    return f"{name} {client.marked(name, location['range'])}"


def test_references(client: Client) -> None:
    found = client.about("references", "main.tl", "are|a(wide", context={"includeDeclaration": True})
    assert [_said(client, each) for each in found] == ["main.tl 5: area", "main.tl 9: area"]
    found = client.about("references", "main.tl", "amount: ste|p", context={"includeDeclaration": False})
    assert [_said(client, each) for each in found] == ["main.tl 3: step"]
    found = client.about("references", "main.tl", "hi|gh: 3", context={"includeDeclaration": True})
    assert [_said(client, each) for each in found] == ["main.tl 5: high", "main.tl 6: high", "main.tl 9: high"]
    found = client.about("references", "main.tl", "p.|x", context={"includeDeclaration": True})
    assert sorted(_said(client, each) for each in found) == [
        "library.tl 3: x",
        "library.tl 5: x",
        "library.tl 6: x",
        "library.tl 6: x",
        "main.tl 11: x",
        "main.tl 4: x",
    ]


def renamed(client: Client, place: str, new: str, name: str = "main.tl") -> dict[str, str]:
    """What becomes of the lines that change."""
    changes = client.about("rename", name, place, newName=new)["changes"]
    return {uri.rpartition("/")[2]: _changed(client, uri.rpartition("/")[2], edits) for uri, edits in changes.items()}


def _changed(client: Client, name: str, edits: list[dict[str, Any]]) -> str:
    before = client.texts[name].split("\n")
    after = list(before)
    for edit in sorted(edits, key=lambda each: -each["range"]["start"]["character"]):
        start, end = edit["range"]["start"], edit["range"]["end"]
        line = after[start["line"]].encode("utf-16-le")
        new = line[: 2 * start["character"]] + edit["newText"].encode("utf-16-le") + line[2 * end["character"] :]
        after[start["line"]] = new.decode("utf-16-le")
    return "\n".join(b.strip() for a, b in zip(before, after, strict=True) if a != b)


def test_rename(client: Client) -> None:
    assert renamed(client, "hi|gh: 3", "tall") == {
        "main.tl": "fn area(wide, tall) {\nlet product = wide * tall\nprint(area(2, tall: 3))"
    }
    assert renamed(client, "let |q", "r") == {
        "main.tl": "/* 😀 */ let r = double(amount: step)\nprint(p.x, p.norm(), r)"
    }
    assert renamed(client, "print(|x)", "z") == {"main.tl": "Point { x: z, y: 0.0 } => print(z),"}
    assert renamed(client, "p.|x", "left") == {
        "main.tl": "print(p.left, p.norm(), q)\nPoint { left: x, y: 0.0 } => print(x),",
        "library.tl": "struct Point { left: float, y: float }\n"
        "fn new(a: float) -> Point { Point { left: a, y: a } }\n"
        "fn norm(self) -> float { self.left * self.left + self.y * self.y }",
    }


REFUSALS = [
    ("pri|nt(p.x", "show", "builtin"),
    ("hi|gh: 3", "wide", "`wide` has a meaning already: main.tl, line 5"),
    ("let prod|uct", "wide", "`wide` has a meaning already"),
    ("let |q", "print", "`print` has a meaning already"),
    ("are|a(wide", "q", "`q` has a meaning already"),
    ("p.|x", "y", "`y` has a meaning already: main.tl, line 11"),
    ("p.|x", "norm", "`norm` has a meaning already: main.tl, line 4"),
    ("let |q", "fn", "`fn` cannot be a name"),
    ("let |q", "1q", "`1q` cannot be a name"),
    ("mat|ch p", "x", "no name"),
]


@pytest.mark.parametrize(("place", "new", "why"), REFUSALS)
def test_renaming_is_refused(client: Client, place: str, new: str, why: str) -> None:
    answer = client.answer("textDocument/rename", **client.at("main.tl", place), newName=new)
    assert why in answer["error"]["message"]


def test_what_is_renamed_is_shown_before(client: Client) -> None:
    found = client.about("prepareRename", "main.tl", "are|a(wide")
    assert client.marked("main.tl", found) == "5: area"
    assert (
        "builtin" in client.answer("textDocument/prepareRename", **client.at("main.tl", "pri|nt(p"))["error"]["message"]
    )


STRUCTS = """struct Q { n: int }
struct P { q: Q }
impl P {
    fn of() -> P { P { q: Q { n: 1 } } }
    fn m(self) { self.q }
}
"""
FUNCTIONS = "fn f(first, second) {\n    let later = first\n    later\n}\nlet t = [1.0]\n"
COMPLETIONS = [
    (FUNCTIONS, "fn f(first, second) {\n    |", ["first", "second", "f", "t", "print", "let", "float32"], ["later"]),
    (FUNCTIONS, "let t = [1.0]\nx = |", ["f", "t"], ["first", "later"]),
    (FUNCTIONS, "let t = [1.0]\nf(1, s|", ["first: ", "second: ", "t"], []),
    (FUNCTIONS, "let t = [1.0]\nf([1, 2], print(3), |", ["first: "], []),
    (FUNCTIONS, "let t = [1.0]\nsoftmax(t, |", ["axis: "], ["first: "]),
    (FUNCTIONS, "let t = [1.0]\nt.|", ["f", "relu"], ["t", "let", "pi"]),
    (FUNCTIONS, 'let t = [1.0]\nprint("no |', [], ["print"]),
    (FUNCTIONS, "let t = [1.0]\n// no |", [], ["print"]),
    (FUNCTIONS, "let t = [1.0]\nx = 1.|", [], ["print"]),
    (FUNCTIONS, "let t = [1.0]\nx = f32::|", ["zeros"], ["print"]),
    (STRUCTS, "    fn m(self) { self.|", ["q", "of", "m"], ["print", "P"]),
    (STRUCTS, "    fn m(self) { self.q.|", ["n"], ["q", "m"]),
    (STRUCTS, "}\nP::|", ["of", "m"], ["q", "print"]),
]


@pytest.mark.parametrize(("sound", "place", "there", "missing"), COMPLETIONS)
def test_completion(client: Client, sound: str, place: str, there: list[str], missing: list[str]) -> None:
    """The text is sound first; then a part of it is written again, as far as the place."""
    client.open("typing.tl", sound)
    client.about("documentSymbol", "typing.tl")
    written, kept = place.removesuffix("|"), place.rpartition("\n")[0] or place[:12]
    start = sound.rindex(kept)
    client.change("typing.tl", sound[:start] + written + "\n" + sound[start + len(kept) :])
    found = {item["label"] for item in client.about("completion", "typing.tl", place)}
    assert (set(there) - found, found & set(missing)) == (set(), set())


def test_builtins_are_described_where_they_are_proposed(client: Client) -> None:
    client.open("b.tl", "x = rel")
    items = {item["label"]: item for item in client.about("completion", "b.tl", "x = rel|")}
    page = client.ask("completionItem/resolve", **items["relu"])["documentation"]["value"]
    assert page.startswith("```tl\nrelu(")


def test_signatures(client: Client) -> None:
    client.open("call.tl", "fn f(first, second) { first }\nx = f([1, 2], print(1), 3)\n")
    found = client.about("signatureHelp", "call.tl", "print(1), |3")
    assert found["signatures"][0]["label"] == "f(first, second)"
    assert found["activeParameter"] == 2
    assert client.about("signatureHelp", "call.tl", "|x = f") is None


def test_formatting(client: Client) -> None:
    client.open("style.tl", "x=1 // one\n")
    [edit] = client.about("formatting", "style.tl", options={"tabSize": 4, "insertSpaces": True})
    assert edit["newText"] == "x = 1  // one\n"
    assert edit["range"] == {"start": {"line": 0, "character": 0}, "end": {"line": 1, "character": 0}}
    client.change("style.tl", "x=(1 // one\n")
    assert client.about("formatting", "style.tl", options={"tabSize": 4, "insertSpaces": True}) == []


def test_symbols(client: Client) -> None:
    client.open("outline.tl", LIBRARY + "x = 1\nx = 2\ntest adds { }\nmain { }\n")
    found = client.about("documentSymbol", "outline.tl")
    assert [(each["name"], [inner["name"] for inner in each["children"]]) for each in found] == [
        ("step", []),
        ("Point", ["x", "y"]),
        ("impl Point", ["new", "norm"]),
        ("double", []),
        ("x", []),
        ("test adds", []),
        ("main", []),
    ]


def test_unsaved_imports_count(client: Client) -> None:
    client.open("part.tl", "let one = 1\n")
    client.open("whole.tl", 'import "part.tl"\nprint(one)\n')
    assert client.problems("whole.tl") == []
    client.change("part.tl", "let uno = 1\n")
    assert [client.marked("whole.tl", each["range"]) for each in client.problems("whole.tl")] == ["2: one"]
    client.change("part.tl", "let one = \n")
    found = client.problems("whole.tl")
    assert client.marked("whole.tl", found[0]["range"]) == '1: "part.tl"'
    assert "has errors" in found[0]["message"]
    client.change("part.tl", 'import "whole.tl"\nlet one = 1\n')
    assert client.problems("whole.tl")[0]["code"] == "TL0203"
    client.tell("textDocument/didClose", textDocument={"uri": client.uri("part.tl")})
    assert client.problems("whole.tl")[0]["code"] == "TL0204"


def test_imports_that_are_no_text(client: Client) -> None:
    (client.folder / "latin.tl").write_bytes("print(1)\n\n// \u00e9".encode("latin-1"))
    client.open("reader.tl", 'import "latin.tl"\n')
    [found] = client.problems("reader.tl")
    assert client.marked("reader.tl", found["range"]) == '1: "latin.tl"'
    assert "not UTF-8" in found["message"]


def test_texts_that_are_in_no_file(client: Client) -> None:
    document = {"uri": "untitled:Untitled-1", "languageId": "tensorlogic", "version": 1, "text": "let x = 1\nx"}
    client.tell("textDocument/didOpen", textDocument=document)
    place = {"textDocument": {"uri": "untitled:Untitled-1"}, "position": {"line": 1, "character": 0}}
    found = client.ask("textDocument/definition", **place)
    assert (found["uri"], found["range"]["start"]) == ("untitled:Untitled-1", {"line": 0, "character": 4})


def test_imports_stay_in_the_folders(client: Client) -> None:
    client.open("outside.tl", 'import "/etc/passwd"\nimport "../secret.tl"\n')
    assert [each["code"] for each in client.problems("outside.tl")] == ["TL0512", "TL0512"]


MALFORMED = [
    "",
    "\x00",
    "fn",
    "let x = " + "(" * 5000,
    "}" * 100,
    "x = 1" + " + 1" * 5000,
    '"' * 9,
    "\r\n\r x =\r\n",
    "/*",
    "\u2028x =",
]


@pytest.mark.parametrize("text", MALFORMED, ids=range(len(MALFORMED)))
def test_malformed_texts_are_answered(client: Client, text: str) -> None:
    client.open("malformed.tl", text)
    client.problems("malformed.tl")
    place = {"textDocument": {"uri": client.uri("malformed.tl")}, "position": {"line": 9, "character": 99}}
    for question in ("hover", "completion", "definition", "signatureHelp", "documentSymbol"):
        client.ask(f"textDocument/{question}", **place)
    assert client.ask("textDocument/references", **place, context={"includeDeclaration": True}) == []
    assert "error" in client.answer("textDocument/rename", **place, newName="x")


def test_the_last_good_state_counts(client: Client) -> None:
    client.open("last.tl", "fn area(wide) {\n    wide\n}\nprint(area(1))\n")
    client.change("last.tl", "let x = (\nfn area(wide) {\n    wide\n}\nprint(area(1))\n")
    value = client.about("hover", "last.tl", "print(ar|ea")["contents"]["value"]
    assert "fn area(wide)" in value


def test_the_server_needs_no_pytorch() -> None:
    code = "import sys; import tensorlogic.editor.server; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_pygls_may_be_missing() -> None:
    code = "import sys; sys.modules['pygls'] = None; sys.argv[1:] = ['lsp']; import tensorlogic.cli as c; c.main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, "TL0804" in done.stderr, "tensorlogic-lang[lsp]" in done.stderr) == (2, True, True)


def test_files_beside_are_renamed_too(client: Client) -> None:
    (client.folder / "user.tl").write_text('import "shared.tl"\nprint(common)\n')
    client.texts["user.tl"] = 'import "shared.tl"\nprint(common)\n'
    client.open("shared.tl", "let common = 1\n")
    assert renamed(client, "let |common", "all", "shared.tl") == {"shared.tl": "let all = 1", "user.tl": "print(all)"}
    client.open("user.tl", 'import "shared.tl"\nprint(common)\n')
    assert client.problems("user.tl") == []

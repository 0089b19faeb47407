"""The words of the language, and what each is for."""

from __future__ import annotations

from typing import Final, NamedTuple


class Word(NamedTuple):
    """How a word is written with what belongs to it, and a line about it."""

    form: str
    says: str


WORDS: Final = {
    "let": Word("let x: type = value", "Declares a variable of the innermost block; the type can be left out."),
    "tensor": Word("tensor x: float32[2, 3] = value", "Declares a tensor of a type; zeros without a value."),
    "fn": Word("fn f(x: type) -> type { … }", "Declares a function; its last expression is its value."),
    "return": Word("return value", "Ends the function, with a value or without."),
    "struct": Word("struct Point { x: float, y: float }", "Declares a kind of value with named fields."),
    "impl": Word("impl Point { fn f(self) { … } }", "Gives a struct its functions."),
    "import": Word('import "other.tl"', "Takes the declarations of another file, once."),
    "main": Word("main { … }", "What runs after the top level, where the file itself is run."),
    "test": Word("test name { … }", "What `tl test` runs."),
    "bench": Word("bench name { … }", "What `tl bench` measures."),
    "python": Word("python import module as name", "Makes a Python module known to `python.call`, where allowed."),
    "if": Word(
        "if condition { … } else if condition { … } else { … }", "Runs the first block whose condition is true."
    ),
    "else": Word("if condition { … } else { … }", "What runs when the condition is not true."),
    "match": Word('match x { 0 => "none", 1 | 2 => "few", _ => "many" }', "The value of the first arm that fits."),
    "for": Word("for x in values { … }", "Runs a block for each element of a list, range, tensor or string."),
    "in": Word("for x in values { … }", "Stands before what a loop goes through."),
    "while": Word("while condition { … }", "Runs a block as long as the condition is true."),
    "loop": Word("loop { … }", "Runs a block again and again, until `break`."),
    "break": Word("break", "Ends the innermost loop."),
    "continue": Word("continue", "Goes on with the next turn of the innermost loop."),
    "true": Word("true", "The truth value."),
    "false": Word("false", "The other truth value."),
    "and": Word("a and b", "Whether both are true; `b` is computed only if `a` is. Also `&&`."),
    "or": Word("a or b", "Whether one is true; `b` is computed only if `a` is not. Also `||`."),
    "not": Word("not a", "Whether `a` is false. Also `!`."),
    "as": Word("x as float16", "The value as another type."),
}
"""Keywords, and the words that begin a declaration and are names elsewhere."""

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
    "entity": Word("entity Person = {alice, bob}", "Declares a kind of entity; without names, facts bring them."),
    "relation": Word(
        "relation Parent(x: Person, y: Person)", "Declares a relation, of which facts and rules say more."
    ),
    "rule": Word("rule P(X) <- Q(X, Y)", "May stand before a rule: what holds where its body does."),
    "explain": Word("explain Ancestor(alice, X)?", "Prints a proof of each answer."),
    "infer": Word("infer forward P(a, X)?", "Answers a question: forward, backward, gradient or symbolic."),
    "embedding": Word(
        "embedding e { entities: Person, dimension: 16, init: xavier }", "Declares a learnable vector for each entity."
    ),
    "relation_embedding": Word(
        "relation_embedding r { relations: all, dimension: 16 }", "Declares a learnable vector for each relation."
    ),
    "learn": Word(
        "learn { … objective: loss, optimizer: adam(lr: 0.01), epochs: 200 }",
        "Trains the learnable tensors that the objective depends on.",
    ),
    "no_grad": Word("no_grad { … }", "Runs a block whose operations leave no gradients."),
    "query": Word("query Ancestor(alice, X) where X != bob", "The answers to a question, as a list of records."),
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

"""Trees that are generated, printed and parsed again are the same."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tensorlogic.lang import Source, Span, tree
from tensorlogic.lang.clauses import PROJECTIONS
from tensorlogic.lang.expressions import METHODS
from tensorlogic.lang.parser import parse
from tensorlogic.lang.printing import format_source, print_tree
from tests.lang.harness import parsed, sexp

AT = Span(0, 0)
OPERATORS = ("or", "and", "==", "!=", "<", "<=", ">", ">=", "≈", "+", "-", "*", "/", "%", "@", "**", "⊗")

WORDS = ["entity", "relation", "rule", "query", "where", "from", "learn", "no_grad", "infer", "explain", "max", "avg"]
"""Words that begin something, or go on with it, only where the grammar expects them."""

words = st.sampled_from(["a", "b", "x1", "long_name", "range", "main", "test", "struct", "Point", "_", "impl", *WORDS])
names = words.map(lambda word: tree.Name(AT, word))
values = (
    st.integers(0, 2**63 - 1)
    | st.floats(0, 1e300)
    | st.booleans()
    | st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=8)
)
literals = values.map(lambda value: tree.Literal(AT, value))
dimensions = st.none() | st.lists(st.integers(0, 9) | words | st.none(), max_size=3).map(tuple)
types = st.builds(tree.Type, st.just(AT), st.sampled_from(["int", "float16", "Point"]), dimensions)
patterns = st.recursive(
    literals | names.map(lambda name: tree.Wildcard(AT) if name.id == "_" else name),
    lambda inner: st.builds(
        tree.StructPattern,
        st.just(AT),
        st.just(tree.Name(AT, "Point")),
        st.lists(st.builds(tree.FieldPattern, st.just(AT), names, inner), max_size=2).map(tuple),
    ),
    max_leaves=3,
)


def atoms_of(inner: st.SearchStrategy[tree.Expression]) -> st.SearchStrategy[tree.Call]:
    """Relations with their terms."""
    terms = st.lists(st.builds(tree.Argument, st.just(AT), st.none(), inner), max_size=3).map(tuple)
    return st.builds(tree.Call, st.just(AT), names, terms)


def compound(inner: st.SearchStrategy[tree.Expression]) -> st.SearchStrategy[tree.Expression]:
    """Expressions of other expressions."""
    several = st.lists(inner, max_size=3).map(tuple)
    arguments = st.builds(tree.Argument, st.just(AT), st.none() | names, inner)
    fields = st.builds(tree.Argument, st.just(AT), names, inner)
    slices = st.builds(tree.Slice, st.just(AT), st.none() | inner, st.none() | inner)
    functions = st.builds(tree.Path, st.just(AT), names, names)
    arms = st.builds(tree.Arm, st.just(AT), patterns, st.none() | inner, inner)
    queries = st.builds(tree.Query, st.just(AT), atoms_of(inner), st.none() | inner)
    inferences = st.builds(tree.Inference, st.just(AT), st.sampled_from(METHODS), queries)
    return st.one_of(
        queries,
        st.builds(tree.Inferred, st.just(AT), inferences),
        st.builds(tree.Array, st.just(AT), several),
        st.builds(tree.Unary, st.just(AT), st.sampled_from(["-", "!", "not"]), inner),
        st.builds(tree.Binary, st.just(AT), st.sampled_from(OPERATORS), inner, inner),
        st.builds(tree.Cast, st.just(AT), inner, types),
        st.builds(tree.Member, st.just(AT), inner, names),
        st.builds(tree.Index, st.just(AT), inner, st.lists(inner | slices, min_size=1, max_size=2).map(tuple)),
        st.builds(tree.Call, st.just(AT), names | inner | functions, st.lists(arguments, max_size=3).map(tuple)),
        st.builds(tree.StructLiteral, st.just(AT), st.just(tree.Type(AT, "Point", None)), st.lists(fields).map(tuple)),
        st.builds(tree.Conditional, st.just(AT), inner, inner, inner),
        st.builds(tree.Match, st.just(AT), inner, st.lists(arms, max_size=3).map(tuple)),
    )


expressions = st.recursive(literals | names, compound, max_leaves=8)
atoms = atoms_of(names | literals)
queries = st.builds(tree.Query, st.just(AT), atoms, st.none() | expressions)
members = st.builds(tree.Members, st.just(AT), st.lists(names, max_size=3).map(tuple))
fields = st.lists(st.builds(tree.Argument, st.just(AT), names, expressions | members), max_size=3).map(tuple)
elements = st.builds(tree.Index, st.just(AT), names, st.lists(expressions, min_size=1, max_size=2).map(tuple))
targets = names | st.builds(tree.Member, st.just(AT), names, names)
parameters = st.lists(st.builds(tree.Parameter, st.just(AT), words, st.none() | types), max_size=3).map(tuple)


def nested(inner: st.SearchStrategy[tree.Statement]) -> st.SearchStrategy[tree.Statement]:
    """Statements of other statements."""
    blocks = st.builds(tree.Block, st.just(AT), st.lists(inner, max_size=3).map(tuple))
    return st.one_of(
        blocks,
        st.builds(tree.If, st.just(AT), expressions, blocks, st.none() | blocks),
        st.builds(tree.For, st.just(AT), names, expressions, blocks),
        st.builds(tree.While, st.just(AT), st.none() | expressions, blocks),
        st.builds(tree.Function, st.just(AT), names, parameters, st.none() | types, blocks),
        st.builds(tree.Trial, st.just(AT), st.sampled_from(["test", "bench"]), names, blocks),
        st.builds(tree.Main, st.just(AT), blocks),
        st.builds(tree.Learn, st.just(AT), blocks, fields),
        st.builds(tree.NoGrad, st.just(AT), blocks),
    )


texts = st.builds(tree.Literal, st.just(AT), st.sampled_from(["facts.csv", ""]))
several = st.lists(expressions, min_size=1, max_size=3).map(tuple)
inferences = st.builds(tree.Inference, st.just(AT), st.sampled_from(METHODS), queries)
clauses = st.one_of(
    st.builds(tree.Entity, st.just(AT), names, st.none() | members),
    st.builds(tree.Relation, st.just(AT), names, parameters, st.none() | types, st.none() | texts),
    st.builds(tree.Rule, st.just(AT), atoms, several, st.none() | expressions),
    st.builds(tree.Equation, st.just(AT), elements, st.sampled_from(PROJECTIONS), expressions),
    st.builds(tree.Equation, st.just(AT), names, st.just("sum"), expressions),
    st.builds(tree.Explain, st.just(AT), atoms),
    st.builds(tree.Infer, st.just(AT), st.lists(inferences, max_size=2).map(tuple)),
    st.builds(tree.Embedding, st.just(AT), st.sampled_from(["embedding", "relation_embedding"]), names, fields),
)

statements = st.recursive(
    clauses
    | st.one_of(
        st.builds(tree.Evaluate, st.just(AT), expressions),
        st.builds(tree.Assign, st.just(AT), targets, st.none(), expressions, st.just(False)),
        st.builds(tree.Assign, st.just(AT), names, st.none() | types, expressions, st.just(True)),
        st.builds(tree.Augment, st.just(AT), targets, st.sampled_from(["+", "-", "*", "/"]), expressions),
        st.builds(tree.Return, st.just(AT), st.none() | expressions),
        st.builds(tree.Jump, st.just(AT), st.sampled_from(["break", "continue"])),
    ),
    nested,
    max_leaves=5,
)


@settings(max_examples=300, deadline=None)
@given(st.lists(statements, max_size=4))
def test_a_printed_tree_is_parsed_to_itself(body: list[tree.Statement]) -> None:
    text = print_tree(tree.Program(Source("t.tl", ""), tuple(body)))
    assert parsed(text) == "\n".join(map(sexp, body))
    formatted = format_source(Source("t.tl", text))
    assert parsed(formatted) == parsed(text)
    assert format_source(Source("t.tl", formatted)) == formatted


def test_numbers_that_have_no_digits_are_written() -> None:
    program = parse(Source("t.tl", "x = 1e999"))
    assert parsed(print_tree(program)) == "(= x inf)"

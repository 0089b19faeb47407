"""The examples of rules, equations and learning give what other tools give."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import networkx
import pytest
import torch
from safetensors.torch import load_file
from sklearn.kernel_ridge import KernelRidge

from tests.runtime.harness import output
from tests.test_examples import EXAMPLES, run

Tensors = dict[str, torch.Tensor]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder that programs run in; tensors as small as these are slower on several threads."""
    monkeypatch.chdir(tmp_path)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield tmp_path
    torch.set_num_threads(threads)


def text(name: str) -> str:
    return (EXAMPLES / name).read_text(encoding="utf-8")


def saved(program: str, *names: str) -> Tensors:
    """What tensors of a program are after it has run."""
    output(program + "".join(f'\nsave({name}, "{name}.safetensors")' for name in names))
    return {name: next(iter(load_file(f"{name}.safetensors").values())) for name in names}


def facts(path: Path) -> list[list[str]]:
    """The rows of a CSV file behind the names of its columns."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))[1:]


def numbers(lines: list[str]) -> list[float]:
    return [float(number) for line in lines for number in re.findall(r"\d+\.\d+(?:e-?\d+)?", line)]


def test_family() -> None:
    assert output(text("family.tl")).splitlines() == [
        "Query: Grandparent(X, ares)",
        "  Found 2 solution(s)",
        "  Solution 1:",
        "    X = cronus",
        "  Solution 2:",
        "    X = rhea",
        "Ancestor(uranus, ares)  by line 29",
        "    Parent(uranus, cronus)",
        "    Ancestor(cronus, ares)  by line 29",
        "        Parent(cronus, zeus)",
        "        Ancestor(zeus, ares)  by line 28",
        "            Parent(zeus, ares)",
        "hera is an uncle or an aunt of athena",
        "poseidon is an uncle or an aunt of athena",
        "cronus has 3 children",
        "rhea has 3 children",
        "zeus has 3 children",
        "Without children: 3",
    ]


def test_dependencies_are_the_closure_of_networkx(folder: Path) -> None:
    run(folder, EXAMPLES / "write_requirements.py")
    edges = facts(folder / "data/requirements.csv")
    closure = networkx.transitive_closure(networkx.DiGraph(edges), reflexive=False)
    printed = output(text("dependencies.tl") + '\nfor each in query Needs(X, Y) { print("pair", each.X, each.Y) }')
    lines = printed.splitlines()
    pairs = [tuple(line.split()[1:]) for line in lines if line.startswith("pair ")]
    assert len(pairs) == len(set(pairs))
    assert set(pairs) == set(closure.edges)
    sizes = len(closure), len(edges), closure.number_of_edges()
    assert lines[0] == "{} packages, {} requirements, {} with indirect ones".format(*sizes)
    most = max(count for _, count in closure.out_degree)
    assert {line for line in lines if "needs the most" in line} == {
        f"{package} needs the most: {count}" for package, count in closure.out_degree if count == most
    }
    circular = networkx.number_of_selfloops(closure)
    unneeded = sum(count == 0 for _, count in closure.in_degree)
    assert f"in circles: {circular} needed by nothing: {unneeded}" in lines


def test_marginals_of_a_bayesian_network() -> None:
    wanted = [(6471, 10000), (3, 10), (1, 2), (309, 719), (509, 719), (99, 509)]
    found = numbers(output(text("bayes.tl")).splitlines())
    assert found == pytest.approx([float(Fraction(*each)) for each in wanted], rel=1e-14)


def test_the_kernel_machine_of_scikit_learn() -> None:
    found = saved(text("kernel.tl"), "x", "y", "new", "f")
    x, y, new, f = (found[name].double().numpy() for name in ("x", "y", "new", "f"))
    machine = KernelRidge(alpha=0.1, kernel="rbf", gamma=1 / (2 * 0.7**2)).fit(x[:, None], y)
    assert f == pytest.approx(machine.predict(new[:, None]), abs=1e-4)
    error, noise = numbers(output(text("kernel.tl")).splitlines())
    assert error < noise


def test_the_transformer_layer_of_pytorch(folder: Path) -> None:
    run(folder, EXAMPLES / "write_transformer.py")
    assert output(text("transformer.tl")).endswith("the same as PyTorch's to 0.00001: true")
    weights = load_file("models/transformer.safetensors")
    words, _ = weights.pop("text"), weights.pop("result")
    layer = torch.nn.TransformerEncoderLayer(32, 4, 64, batch_first=True).eval()
    layer.load_state_dict(weights)
    with torch.no_grad():
        wanted = layer(words[None])[0]
    torch.testing.assert_close(saved(text("transformer.tl"), "Z")["Z"], wanted, rtol=0, atol=1e-5)


def friends() -> torch.Tensor:
    """How much each of the club listens to each, by hand: D^-1/2 (A + I) D^-1/2."""
    program = text("club.tl")
    (people,) = re.findall(r"entity Person = \{(.*)\}", program)
    places = {name: place for place, name in enumerate(people.split(", "))}
    linked = torch.eye(len(places))
    for one, other in re.findall(r"Friends\(([a-z]+), ([a-z]+)\)", program):
        linked[places[one], places[other]] = linked[places[other], places[one]] = 1
    assert linked.sum() == 12 + 2 * 20
    scale = linked.sum(1).rsqrt().diag()
    return scale @ linked @ scale


def club(graph: torch.Tensor, e: torch.Tensor, w1: torch.Tensor, w2: torch.Tensor) -> torch.Tensor:
    return torch.log_softmax(graph @ torch.relu(graph @ e @ w1) @ w2, dim=1)


def test_the_graph_network_of_pytorch() -> None:
    before, learn, after = text("club.tl").partition("learn {")
    names = ("P", "W1", "W2", "vectors")
    known = "vectors = e[:]\n"
    first = saved(f"{before}P = network()\n{known}", *names)
    last = saved(before + learn + after + known, *names)
    graph, weights = friends(), [first[name].clone().requires_grad_() for name in ("vectors", "W1", "W2")]
    torch.testing.assert_close(first["P"], club(graph, *weights), rtol=0, atol=1e-5)
    optimizer = torch.optim.Adam(weights, lr=0.05)
    for _ in range(50):
        optimizer.zero_grad()
        teams = club(graph, *weights)
        (-teams[0, 0] - teams[11, 1]).backward()
        optimizer.step()
    torch.testing.assert_close(last["P"], club(graph, *weights), rtol=0, atol=1e-3)
    printed = output(text("club.tl"))
    assert re.findall("X = (.*)", printed) == [
        *("ann", "bob", "cid", "dan", "eve", "fay"),
        *("gus", "hal", "ida", "jim", "kim", "leo"),
    ]
    assert printed.index("fay") < printed.index("GoesBlue") < printed.index("gus")


def test_digits_are_learned(folder: Path) -> None:
    run(folder, EXAMPLES / "write_digits.py")
    (folder / "models").mkdir()
    printed = output(text("learn_digits.tl") + '\nsave(guesses, "guesses.safetensors")').splitlines()
    (accuracy,) = numbers(printed)
    assert accuracy > 0.97
    data, learned = load_file("data/digits.safetensors"), load_file("models/digits_learned.safetensors")
    assert learned.keys() == {"W1", "b1", "W2", "b2"}
    hidden = torch.relu(data["held_out_images"] @ learned["W1"] + learned["b1"])
    guesses = (hidden @ learned["W2"] + learned["b2"]).argmax(dim=1)
    (told,) = load_file("guesses.safetensors").values()
    assert torch.equal(guesses, told)
    right = int((guesses == data["held_out_labels"]).sum())
    assert printed == [f"{right} of 360 right", f"accuracy: {printed[1].split()[1]}"]
    assert accuracy == pytest.approx(right / 360)
    assert len(data["images"]) == 1437


Facts = list[tuple[int, int, int]]


def kinship(first: Tensors, told: Facts) -> torch.Tensor:
    """The scores of all facts after as much training in PyTorch."""
    e, m = (first[name].clone().requires_grad_() for name in ("vectors", "M"))
    optimizer = torch.optim.AdamW([e, m], lr=0.02, weight_decay=2.0)
    person, word, other = torch.tensor(told).T
    for _ in range(200):
        optimizer.zero_grad()
        scores = torch.einsum("ni,nij,yj->ny", e[person], m[word], e)
        torch.nn.functional.cross_entropy(scores, other).backward()
        optimizer.step()
    return torch.einsum("xi,wij,yj->xwy", e, m, e).detach()


def ranks(scores: torch.Tensor, told: Facts, held: Facts) -> list[int]:
    """The place of what was held out among all that is not known, the best first."""
    true = {*told, *held}
    return [
        1 + sum(bool(scores[x, w, z] > scores[x, w, y]) for z in range(scores.shape[2]) if (x, w, z) not in true)
        for x, w, y in held
    ]


def test_a_knowledge_graph_is_completed_as_by_pytorch(folder: Path) -> None:
    run(folder, EXAMPLES / "write_kinship.py")
    (folder / "models").mkdir()
    before, _, _ = text("kinship.tl").partition("facts = ")
    first = saved(f"{before}vectors = e[:]\n", "vectors", "M")
    named = output(before + 'for p in Person { print(p) }\nprint("")\nfor w in Word { print(w) }').split("\n\n")
    people, words = ({name: place for place, name in enumerate(part.splitlines())} for part in named)
    told, held = (
        [(people[x], words[w], people[y]) for x, w, y in facts(folder / "data" / name)]
        for name in ("kinship.csv", "kinship_held_out.csv")
    )
    places = ranks(kinship(first, told), told, held)
    wanted = [sum(1 / place for place in places), places.count(1), sum(place <= 10 for place in places)]
    found = numbers(output(text("kinship.tl")).splitlines())
    assert found == pytest.approx([each / len(held) for each in wanted], abs=1e-5)
    assert found[0] > 0.6
    assert found[2] > 0.9
    assert load_file("models/kinship.safetensors").keys() == {"e", "M"}

"""Invent a royal family and write who is what to whom: data/kinship.csv and data/kinship_held_out.csv, for kinship.tl.

A line such as `marina,sister,boro` says that Marina is a sister of Boro. A tenth of all facts is held out.
"""

from __future__ import annotations

import argparse
import csv
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

SEED = 0
GENERATIONS = 4
CHILDREN = (2, 3)  # of a couple
BEGINNINGS = ("al", "bor", "cam", "dor", "el", "fil", "mar", "ros", "tam", "vid")
ENDINGS = {True: ("a", "ela", "ina", "ora"), False: ("o", "ed", "in", "us")}  # of the names of women and of men
WORDS = {
    True: ("wife", "daughter", "sister", "aunt", "mother", "grandmother", "niece"),
    False: ("husband", "son", "brother", "uncle", "father", "grandfather", "nephew"),
}
Fact = tuple[str, str, str]


@dataclass(eq=False)
class Person:
    """Somebody with their closest relatives."""

    name: str
    is_woman: bool
    parents: tuple[Person, ...] = ()
    spouses: list[Person] = field(default_factory=list)
    children: list[Person] = field(default_factory=list)

    def siblings(self) -> list[Person]:
        """The other children of the same parents."""
        return [each for each in self.parents[0].children if each is not self] if self.parents else []

    def relatives(self) -> tuple[list[Person], ...]:
        """Those of whom this is the wife, the daughter, the sister, ... in the order of `WORDS`."""
        nieces = [child for each in self.siblings() for child in each.children]
        grandchildren = [grandchild for child in self.children for grandchild in child.children]
        aunts = [each for parent in self.parents for each in parent.siblings()]
        return self.spouses, list(self.parents), self.siblings(), nieces, self.children, grandchildren, aunts


def family() -> list[Person]:
    """All people of a house: everybody but the last generation marries somebody from elsewhere."""
    chance = random.Random(SEED)
    names = {is_woman: ["".join(parts) for parts in product(BEGINNINGS, ENDINGS[is_woman])] for is_woman in ENDINGS}
    for each in names.values():
        chance.shuffle(each)
    youngest = [Person(names[True].pop(), True)]
    people = [*youngest]
    for _ in range(GENERATIONS - 1):
        parents, youngest = youngest, []
        for one in parents:
            other = Person(names[not one.is_woman].pop(), not one.is_woman)
            one.spouses, other.spouses = [other], [one]
            for _ in range(chance.choice(CHILDREN)):
                is_woman = chance.random() < 0.5
                one.children.append(Person(names[is_woman].pop(), is_woman, (one, other)))
            other.children = one.children
            youngest += one.children
            people += [other, *one.children]
    return people


def facts(people: list[Person]) -> Iterator[Fact]:
    """What everybody is to the others."""
    for person in people:
        for word, others in zip(WORDS[person.is_woman], person.relatives(), strict=True):
            yield from ((person.name, word, other.name) for other in others)


def write(path: Path, rows: list[Fact]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("person", "what", "other"), *rows])
    print(f"Saved {len(rows)} facts to {path}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, default=Path("data"))
    options = parser.parse_args()
    rows = list(facts(family()))
    random.Random(SEED).shuffle(rows)
    cut = len(rows) // 10
    write(options.folder / "kinship.csv", rows[cut:])
    write(options.folder / "kinship_held_out.csv", rows[:cut])


if __name__ == "__main__":
    main()

"""Write which installed Python package requires which: data/requirements.csv, for dependencies.tl."""

import argparse
import csv
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def requirements() -> Iterator[tuple[str, str]]:
    """Pairs of a package and one that it requires here; what only its extras or other systems need is left out."""
    for package in distributions():
        for line in package.requires or ():
            needed = Requirement(line)
            if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                yield canonicalize_name(package.name), canonicalize_name(needed.name)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("data/requirements.csv"))
    options = parser.parse_args()
    rows = sorted(set(requirements()))
    options.output.parent.mkdir(parents=True, exist_ok=True)
    with options.output.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("package", "needed"))
        writer.writerows(rows)
    print(f"Saved {len(rows)} requirements to {options.output}")


if __name__ == "__main__":
    main()

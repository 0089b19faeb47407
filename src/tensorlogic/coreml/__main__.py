"""``python -m tensorlogic.coreml script.py ARGS…``: run a script whose coremltools predicts on any machine."""

from __future__ import annotations

import argparse
import runpy
import sys
from pathlib import Path

from tensorlogic.coreml import shim
from tensorlogic.errors import TensorLogicError


def main() -> None:
    """Install the drop-in and run the script, as ``python script.py ARGS…`` would."""
    parser = argparse.ArgumentParser(prog="python -m tensorlogic.coreml", description=main.__doc__)
    for name in ("engine", "device", "precision"):
        parser.add_argument(f"--{name}", default="auto", help=f"the {name} of load_model")
    parser.add_argument("--chip", help="what compute plans are for: such as 'M4 Max', or 'this machine'")
    parser.add_argument("script", help="a Python file")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="what the script is given")
    options = parser.parse_args()
    if not Path(options.script).is_file():
        parser.error(f"there is no file {options.script!r}")
    try:
        shim.plan_for(options.chip)
        shim.install(options.engine, options.device, options.precision)
    except TensorLogicError as error:
        sys.exit(str(error))
    sys.argv = [options.script, *options.arguments]
    sys.path[0] = str(Path(options.script).resolve().parent)
    runpy.run_path(options.script, run_name="__main__")


if __name__ == "__main__":
    main()

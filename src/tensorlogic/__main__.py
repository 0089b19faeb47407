"""``python -m tensorlogic`` is `tl`."""

from tensorlogic.cli import main

main()

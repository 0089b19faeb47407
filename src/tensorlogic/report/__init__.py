"""An advice as people and tools read it: tables, SARIF, and a page with the graph of operations.

Names come from the model file, and so from strangers: `wording.shown` stands between them and every terminal, and the
page puts them in as text only.
"""

from tensorlogic.report.page import page
from tensorlogic.report.sarif import sarif

__all__ = ["page", "sarif"]

"""What keeps a model from the Neural Engine or slows it down there: rows of ``facts/findings.toml``, and what looks."""

from tensorlogic.advisor.findings.rows import Row, findings, rows
from tensorlogic.advisor.findings.view import Found, View

__all__ = ["Found", "Row", "View", "findings", "rows"]

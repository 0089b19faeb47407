"""The language: text to tokens to a tree to a checked tree to a Python module. Pure functions of text."""

from tensorlogic.lang.analysis import Analysis, analyze, check
from tensorlogic.lang.codegen import generate
from tensorlogic.lang.parser import parse
from tensorlogic.lang.source import Source, Span

__all__ = ["Analysis", "Source", "Span", "analyze", "check", "generate", "parse"]

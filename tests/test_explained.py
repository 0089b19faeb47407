"""Every error code has a page, and the programs on the pages fail as they say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tensorlogic.errors import Code, TensorLogicError, UsageError
from tensorlogic.errors.explained import code_of, every, page
from tensorlogic.runtime import check_file, run_file

EXAMPLES = [(code, text) for code in every() for text in re.findall(r"```tl\n(.*?)```", page(code), re.S)]


def test_there_is_a_page_for_every_code_and_a_code_for_every_page() -> None:
    import tensorlogic.errors

    pages = {file.stem for file in (Path(tensorlogic.errors.__file__).parent / "pages").glob("*.md")}
    assert pages == {code.id for code in every()}


def test_every_page_about_programs_has_an_example() -> None:
    assert {code.id for code, _ in EXAMPLES} >= {code.id for code in every() if code.id < "TL05"}


@pytest.mark.parametrize(("code", "text"), EXAMPLES, ids=[code.id for code, _ in EXAMPLES])
def test_the_program_on_a_page_fails_with_its_code(
    code: Code, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert code in _told(text, Path("page.tl"))


def _told(text: str, path: Path) -> list[Code]:
    """The codes of what a program is warned about, or refused for, or fails with."""
    path.write_text(text, encoding="utf-8")
    try:
        warnings = check_file(path)
        run_file(path)
    except TensorLogicError as error:
        return [error.code]
    return [warning.code for warning in warnings]


def test_codes_are_found_as_messages_write_them() -> None:
    assert code_of("[tl0302]").id == "TL0302"
    with pytest.raises(UsageError, match="there is no error code TL9999"):
        code_of("TL9999")

"""The table of error codes. A code never changes its meaning; a new failure is a new row.

TL01 text, TL02 names, TL03 values, TL04 running, TL05 files, TL06 programs, TL07 not supported,
TL08 engines, TL09 usage.
"""

from typing import NamedTuple


class Code(NamedTuple):
    """A stable identifier (``TL0101``) and what it stands for."""

    id: str
    title: str


UNEXPECTED_CHARACTER = Code("TL0101", "unexpected character")
UNTERMINATED_TEXT = Code("TL0102", "unterminated text or comment")
UNEXPECTED_TOKEN = Code("TL0103", "unexpected token")
BAD_LITERAL = Code("TL0104", "malformed literal")
NESTED_TOO_DEEPLY = Code("TL0105", "nested too deeply")
MISPLACED_STATEMENT = Code("TL0106", "statement in the wrong place")

UNDEFINED_NAME = Code("TL0201", "undefined name")
DUPLICATE_NAME = Code("TL0202", "name declared twice")
IMPORT_CYCLE = Code("TL0203", "import cycle")
IMPORT_NOT_FOUND = Code("TL0204", "import not found")
UNUSED_NAME = Code("TL0205", "unused name")
UNSAFE_VARIABLE = Code("TL0206", "variable without a value")
RULE_CYCLE = Code("TL0207", "cycle through `not` or an equation")
AMBIGUOUS_NAME = Code("TL0208", "name with two meanings")

WRONG_ARGUMENTS = Code("TL0301", "wrong arguments in a call")
WRONG_TYPE = Code("TL0302", "wrong type of value")
RAGGED_ARRAY = Code("TL0303", "ragged array")

RUN_FAILED = Code("TL0401", "failed while running")
NO_MEMBER = Code("TL0402", "no such member")
ASSERTION_FAILED = Code("TL0403", "assertion failed")
PANIC = Code("TL0404", "the program gave up")

FILE_NOT_FOUND = Code("TL0501", "file not found")
NOT_A_MODEL = Code("TL0502", "not a model file")
TRUNCATED = Code("TL0503", "truncated file")
CORRUPT = Code("TL0504", "corrupt file")
OUTSIDE_PACKAGE = Code("TL0505", "path leaves the package")
PACKAGE_ITEM_MISSING = Code("TL0506", "package item missing")
BAD_OFFSET = Code("TL0507", "offset outside the file")
SIZE_MISMATCH = Code("TL0508", "size does not match the type")
TOO_LARGE = Code("TL0509", "larger than the limit")
CANNOT_WRITE = Code("TL0510", "cannot write the file")
BAD_IMAGE = Code("TL0511", "not a readable image")
NOT_ALLOWED = Code("TL0512", "not allowed to programs")

BAD_PROGRAM = Code("TL0601", "malformed program")
UNDEFINED_VALUE = Code("TL0602", "value used before it is defined")
BAD_OPERATION = Code("TL0603", "malformed operation")

UNSUPPORTED_OPERATION = Code("TL0701", "operation not supported")
UNSUPPORTED_MODEL = Code("TL0702", "kind of model not supported")
UNSUPPORTED_TYPE = Code("TL0703", "data type not supported")
UNSUPPORTED_VERSION = Code("TL0704", "version not supported")

NO_ENGINE = Code("TL0801", "no engine can run this")
ENGINE_FAILED = Code("TL0802", "engine failed")
NO_DEVICE = Code("TL0803", "device not available")
MISSING_PACKAGE = Code("TL0804", "package not installed")
CHECK_FAILED = Code("TL0805", "converted model is not the same")

UNKNOWN_INPUT = Code("TL0901", "no such input")
MISSING_INPUT = Code("TL0902", "input missing")
WRONG_SHAPE = Code("TL0903", "wrong shape")
WRONG_DTYPE = Code("TL0904", "wrong data type")
UNKNOWN_OPTION = Code("TL0905", "no such option")
UNKNOWN_TENSOR = Code("TL0906", "no such tensor")
CANNOT_PREDICT = Code("TL0907", "model cannot predict")
WRONG_IMAGE = Code("TL0908", "wrong image")
UNKNOWN_STATE = Code("TL0909", "no such state")
WRONG_STATE = Code("TL0910", "state missing or of another model")
UNKNOWN_FUNCTION = Code("TL0911", "no such function")
UNKNOWN_ENTRY = Code("TL0912", "no such entry of the cache")
UNKNOWN_CHIP = Code("TL0913", "no such chip")

"""Ways out of a program, each with the error that it ends in: to Python, to files elsewhere, to all of the memory."""

from __future__ import annotations

import io
import signal
import subprocess
import sys
import threading
from _thread import interrupt_main
from pathlib import Path

import pytest

from tensorlogic.errors import Code, Diagnostic, TensorLogicError, codes
from tensorlogic.runtime import run_source
from tests.runtime.harness import failure, output

TO_PYTHON: dict[str, Code] = {
    '__import__("os")': codes.UNDEFINED_NAME,
    'eval("1")': codes.UNDEFINED_NAME,
    'open("/etc/passwd")': codes.UNDEFINED_NAME,
    "x = __builtins__": codes.UNDEFINED_NAME,
    "accept(1)": codes.UNDEFINED_NAME,
    "member(1, 2)": codes.UNDEFINED_NAME,
    'getattr(1, "real")': codes.UNDEFINED_NAME,
    "x·y = 1": codes.UNEXPECTED_CHARACTER,
    "x = zeros(1).__class__": codes.NO_MEMBER,
    "x = zeros(1).data": codes.NO_MEMBER,
    "x = zeros(1).grad_fn": codes.NO_MEMBER,
    "zeros(1).numpy()": codes.NO_MEMBER,
    'zeros(1).tofile("x")': codes.NO_MEMBER,
    "zeros(1).share_memory_()": codes.NO_MEMBER,
    "zeros(1).untyped_storage()": codes.NO_MEMBER,
    "zeros(1).__reduce__()": codes.NO_MEMBER,
    'x = zeros(1)["__class__"]': codes.NO_MEMBER,
    'x = "".__class__': codes.NO_MEMBER,
    'x = "".format': codes.NO_MEMBER,
    '"{0.__class__}".format(1)': codes.NO_MEMBER,
    'x = ["a"].__class__': codes.NO_MEMBER,
    'x = ["a"] x.__iadd__(x)': codes.NO_MEMBER,
    "x = (1).real": codes.NO_MEMBER,
    "x = topk([1.0, 2.0], 1).__class__": codes.NO_MEMBER,
    "x = python.__class__": codes.NO_MEMBER,
    "x = python.call": codes.NO_MEMBER,
    "x = KVCache::new(1)._entries": codes.NO_MEMBER,
    "x = KVCache::new(1).__init__": codes.NO_MEMBER,
    "struct P { x: int } p = P { x: 1 } y = p.values": codes.NO_MEMBER,
    "struct P { x: int } p = P { x: 1 } p.__init__ = 2": codes.NO_MEMBER,
    "x = print.__globals__": codes.WRONG_TYPE,
    "fn f() { 1 } x = f.__code__": codes.WRONG_TYPE,
    'fn f() { 1 } x = f["__globals__"]': codes.WRONG_TYPE,
    "print(1, file: 2)": codes.UNKNOWN_OPTION,
    "print(__class__: 1)": codes.UNKNOWN_OPTION,
    "fn f(x) { x } f(__class__: 1)": codes.UNKNOWN_OPTION,
    "zeros(1, out: 2)": codes.UNKNOWN_OPTION,
    'zeros(1, device: "cuda")': codes.UNKNOWN_OPTION,
    'zeros(1, dtype: "__class__")': codes.UNSUPPORTED_TYPE,
    'x = "%s" % 1': codes.WRONG_TYPE,
    'x = "%99999999999d" x = x % 1': codes.WRONG_TYPE,
    'python.call("os.system", "true")': codes.NOT_ALLOWED,
    "python import os": codes.NOT_ALLOWED,
    'print(env("HOME"))': codes.NOT_ALLOWED,
}


@pytest.mark.parametrize(("text", "code"), TO_PYTHON.items())
def test_python_is_out_of_reach(text: str, code: Code) -> None:
    assert failure(text).code == code


HARMLESS = {
    'print("{0.__class__}", 1)': "{0.__class__} 1",
    "struct __import__ { x: int } print(__import__ { x: 1 })": "__import__ {x: 1}",
    "struct P { __class__: int, self: int } p = P { __class__: 1, self: 2 } print(p, p.__class__)":
        "P {__class__: 1, self: 2} 1",
    "struct P { x: int } impl P { fn __eq__(self, o) { false } fn __str__(self) { 2 } }\n"
    "print(P { x: 1 } == P { x: 1 }, P { x: 1 })": "true P {x: 1}",
    "fn __builtins__() { 1 } fn int(x) { 5 } print(__builtins__(), int(2), 2.5 as int)": "1 5 2",
    'x = topk([1.0], 1) x["__class__"] = 1 print(x.__class__)': "1",
    "print(contains(range(1099511627776), 3.5), contains(range(1099511627776), 3.0))": "false true",
    "print(range(1099511627776))": "[0, 1, 2, …, 1099511627773, 1099511627774, 1099511627775] of 1099511627776",
}  # fmt: skip


@pytest.mark.parametrize(("text", "printed"), HARMLESS.items())
def test_names_of_pythons_mean_nothing(text: str, printed: str) -> None:
    assert output(text) == printed


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a program, with links that lead out of it; beside it are files that are not for the program."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.tl").write_text('print("secret")')
    home = tmp_path / "home"
    home.mkdir()
    (home / "link.tl").symlink_to(outside / "secret.tl")
    (home / "folder").symlink_to(outside)
    (home / "dangling").symlink_to(outside / "new")
    monkeypatch.chdir(home)
    return home


PATHS = ("{outside}/secret.tl", "../outside/secret.tl", "./x/../../outside/secret.tl", "link.tl", "folder/secret.tl")
READS = {
    'import "{path}"': codes.NOT_ALLOWED,
    'x = load_model("{path}")': codes.NOT_ALLOWED,
    'x = load_image("{path}")': codes.NOT_ALLOWED,
    'x = load_tokenizer("{path}")': codes.NOT_ALLOWED,
    'x = glob("{path}")': codes.NOT_ALLOWED,
}


def failure_at(home: Path, text: str) -> Diagnostic:
    with pytest.raises(TensorLogicError) as caught:
        run_source(text.replace("{outside}", str(home.parent / "outside")), out=io.StringIO(), folder=home)
    return caught.value.diagnostics[0]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(("text", "code"), READS.items())
def test_files_elsewhere_are_not_read(text: str, code: Code, path: str, home: Path) -> None:
    assert failure_at(home, text.replace("{path}", path)).code == code


@pytest.mark.parametrize("path", [*PATHS, "dangling", "folder/new", "/dev/null", "/dev/full"])
def test_files_elsewhere_are_not_written(path: str, home: Path) -> None:
    assert failure_at(home, f'save_model(1, "{path}")').code == codes.CANNOT_WRITE
    assert (home.parent / "outside" / "secret.tl").read_text() == 'print("secret")'
    assert not (home.parent / "outside" / "new").exists()


def test_patterns_do_not_lead_out(home: Path) -> None:
    shown = 'print(glob("*/*"), glob("**/*.tl", ), glob("fold?r/*"), glob("[f]older/*"))'
    out = io.StringIO()
    run_source(shown, out=out, folder=home)
    assert out.getvalue() == "[] [] [] []\n"
    for pattern in ("*/..", "?[.]/../*", "**/.."):
        assert failure_at(home, f'glob("{pattern}")').code == codes.WRONG_ARGUMENTS
    for pattern in ("../*", "/etc/*", "folder/*", "*/../../**"):
        assert failure_at(home, f'glob("{pattern}")').code == codes.NOT_ALLOWED


@pytest.mark.parametrize(
    "call", ["load_model(3)", "load_image(0)", "load_tokenizer(0)", 'load_image(["a"])', "glob(0)"]
)
def test_a_path_is_a_string(call: str) -> None:
    found = failure(call)
    assert found.code == codes.WRONG_TYPE
    assert "a path is a string" in found.message


HUGE = 1 << 40
VIEW = "v = zeros(1048576, 1) w = zeros(1, 1048576)\n"
TOO_LARGE: dict[str, str] = {
    f"x = zeros({HUGE})": "float32[1099511627776] needs 4 TiB",
    "x = ones([1048576, 1048576])": "float32[1048576, 1048576] needs 4 TiB",
    f"x = full([{HUGE}], 1.0)": "needs 4 TiB",
    f"x = rand({HUGE})": "needs 4 TiB",
    f"x = randn({HUGE}, dtype: \"float16\")": "needs 2 TiB",
    f"x = randint(0, 5, {HUGE})": "needs 8 TiB",
    "x = eye(1048576)": "needs 4 TiB",
    f"x = arange({HUGE})": "needs 8 TiB",
    "x = arange(0, 1, 1e-13)": "needs 72.76 TiB",
    f"x = linspace(0, 1, {HUGE})": "needs 4 TiB",
    f"x = tensor(range({HUGE}))": "needs 8 TiB",
    f"x = sum(range({HUGE}))": "needs 8 TiB",
    f"x = sort(range({HUGE}))": "needs 8 TiB",
    f"x = concat(range({HUGE}), range(2))": "needs 8 TiB",
    f"x = enumerate(range({HUGE}))": "a list of 1099511627776 elements needs 64 TiB",
    f"x = zip(range({HUGE}), range({HUGE}))": "a list of 1099511627776 elements",
    f"x = join(range({HUGE}))": "a list of 1099511627776 elements",
    f"x = zeros(range({HUGE}))": "a list of 1099511627776 elements",
    f"x = repeat(zeros(10), {HUGE})": "needs 40 TiB",
    f"x = expand(zeros(1), [{HUGE}])": "needs 4 TiB",
    f"x = one_hot(zeros(10), {HUGE})": "needs 80 TiB",
    "x = diag(zeros(1048576))": "needs 4 TiB",
    "x = causal_mask(1048576)": "needs 4 TiB",
    f"x = padding_mask([1, 2], {HUGE})": "needs 8 TiB",
    "x = positional_encoding(1048576, 1048576)": "needs 4 TiB",
    "x = precompute_rope_cos(1048576, 1048576)": "needs 4 TiB",
    "x = precompute_rope_sin(1048576, 1048576)": "needs 4 TiB",
    f"x = KVCache::new({HUGE})": "needs 8 TiB",
    f"x = Tensor::create_cache({HUGE}, [4])": "needs 16 TiB",
    f"tensor x: float32[{HUGE}]": "needs 4 TiB",
    "tensor x: float16[1048576, 1048576] = 1.0": "needs 2 TiB",
    VIEW + "x = v + w": "needs 4 TiB",
    VIEW + "x = v * w": "needs 4 TiB",
    VIEW + "x = v > w": "needs 1 TiB",
    VIEW + "x = v @ w": "needs 4 TiB",
    VIEW + "x = matmul(v, w)": "needs 4 TiB",
    VIEW + "x = zeros(1048576) ⊗ zeros(1048576)": "needs 4 TiB",
    VIEW + "x = outer(zeros(1048576), zeros(1048576))": "needs 4 TiB",
    VIEW + 'x = einsum("i,j->ij", zeros(1048576), zeros(1048576))': "needs 4 TiB",
    VIEW + "x = where(v > 0, v, w)": "needs 4 TiB",
    VIEW + "x = linear(v, v)": "needs 4 TiB",
    VIEW + "x = attention(v, v, v, mask: zeros(1, 1))": "needs 4 TiB",
    f"x = pad(zeros(10), [0, {HUGE}])": "needs 4 TiB",
    "x = conv2d(zeros(1, 1, 3, 3), zeros(1, 1, 1, 1), padding: 1048576)": "needs 16 TiB",
    f"x = conv1d(zeros(1, 1, 3), zeros(1, 1, 1), padding: {HUGE})": "needs 8 TiB",
    "x = conv_transpose2d(zeros(1, 1, 3, 3), zeros(1, 1, 1, 1), stride: 1048576)": "needs 16 TiB",
    "x = adaptive_avg_pool2d(zeros(1, 1, 3, 3), 1048576)": "needs 4 TiB",
    "x = interpolate(zeros(1, 1, 3, 3), 1048576)": "needs 4 TiB",
    f'x = "a" * {HUGE}': "a string of 50 TiB is too large",
    f'x = {HUGE} * "a"': "a string of 50 TiB is too large",
    f'x = ["a"] x *= {HUGE}': "a list of ",
    'x = "a" * 1000000 x = replace(x, "a", x)\n': "the string needs 0.9095 TiB",
    'x = "a" * 1000000 x = join(["b"] * 1000000, x)\n': "the string needs 0.9095 TiB",
    "x = 10 ** 10 ** 10": "an integer of 4.657 GiB is too large",
    "n = 10 x = n ** 10000000000": "an integer of 4.657 GiB is too large",
    "x = 2 ** 100000000": "an integer of 23.84 MiB is too large: the limit is 2 MiB",
    "x = pow(10, 10 ** 10)": "is too large",
    "x = 10 for i in range(10) { x = x ** 99999 }": "is too large",
}  # fmt: skip


@pytest.mark.parametrize(("text", "says"), TOO_LARGE.items())
def test_sizes_that_no_machine_has(text: str, says: str) -> None:
    found = failure(text)
    assert found.code == codes.TOO_LARGE
    assert says in found.message


GROWING: dict[str, str] = {
    'x = "ab" loop { x = x * 2 }': "a string of ",
    "x = 3 loop { x = x * x }": "an integer of ",
    "x = 3 loop { x *= x }": "an integer of ",
    "x = 3 loop { x = x ** 2 }": "an integer of ",
    "fn f(x) { x * x } x = 3 loop { x = f(x) }": "an integer of ",
    "fn f(x) { x ** 4 } x = 3 loop { x = f(x) }": "an integer of ",
    "fn f(x: int) -> int { if x > 0 { f(x * x) } else { 0 } } f(3)": "an integer of ",
    "struct P { x: int } p = P { x: 3 } loop { p.x *= p.x }": "an integer of ",
    "v = IntVec::new() v.push(3) loop { v[0] *= v[0] }": "an integer of ",
    "x = 3 loop { x = mul(x, x) }": "an integer of ",
    "x = 3 loop { x = square(x) }": "an integer of ",
    'x = "ab" loop { x = x + x }': "a string of ",
    'x = "ab" loop { x += x }': "a string of ",
    'x = ["a"] loop { x = x + x }': "a list of ",
    'fn f(x) { x + x } x = "ab" loop { x = f(x) }': "a string of ",
    'fn f(x) { x * 2 } x = ["a"] loop { x = f(x) }': "a list of ",
    'struct P { x: string } p = P { x: "ab" } loop { p.x += p.x }': "a string of ",
    'v = ["ab"] loop { v[0] += v[0] }': "a string of ",
    'fn f(x) { f(x + x) } f(["a"])': "a list of ",
}


@pytest.mark.parametrize(("text", "says"), GROWING.items())
def test_what_grows_step_by_step(text: str, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tensorlogic.runtime.sizes.memory", lambda: 1 << 30)
    monkeypatch.setattr("tensorlogic.runtime.sizes._MOST_BITS", 1 << 20)
    found = failure(text)
    assert found.code == codes.TOO_LARGE
    assert found.message.startswith(says)
    assert found.message.endswith("the limit is 128 KiB" if "integer" in says else "the limit is 128 MiB")


def test_programs_that_ask_for_too_much_use_little_memory() -> None:
    code = (
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))\n"
        "from tests.runtime.test_safety import TOO_LARGE, failure\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # that of the process before counts\n"
        "for text in TOO_LARGE: failure(text)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1 << 20)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.returncode) == ("True\n", 0), done.stderr


BEYOND = 10**30
OTHER_LIMITS: dict[str, str] = {
    f"x = zeros(2)[{BEYOND}]": "too large for a tensor",
    f'x = ["a"][{BEYOND}]': "too large for a tensor, a size or an index",
    f"x = topk(zeros(3), {BEYOND})": "too large for a tensor",
    f"x = tensor({BEYOND})": "too large for a tensor",
    f"seed({BEYOND})": "too large for a tensor",
    f"x = randint(0, {BEYOND})": "too large for a tensor",
    f"print(len(range({BEYOND})))": "too large",
    "x = zeros(-1)": "a size is negative",
    "print(10 ** 5000)": "too many digits",
    "x = str(10 ** 5000)": "too many digits",
    'x = int("9" * 5000)': "is not the text of an int",
    "x = (1e308 * 10 - 1e308 * 10) as int": "not a number",
    "x = 1e308 * 10 as int": "too large",
    "fn f(n) { f(n + 1) } f(0)": "calls inside one another are too many",
    "fn f(n) { g(n) } fn g(n) { f(n) } f(0)": "calls inside one another are too many",
    "struct P { x: int } impl P { fn go(self) { self.go() } } P { x: 1 }.go()": "calls inside one another",
    'x = ["a"] x[0] = x print(x)': "inside one another",
    'x = ["a"] x[0] = x y = ["a"] y[0] = y print(x == y)': "inside one another",
    'x = ["a"] x[0] = x y = tensor(x)': "inside one another",
    'x = ["a"] for i in range(100000) { x = append(["q"], x) } print(x)': "inside one another",
    'x = ["a"] for i in range(100000) { x = [x] }': "nested at most 64 deep",
    "struct N<T> { next: T } x = N { next: 0 } x.next = x print(x)": "inside one another",
    "struct N<T> { next: T } x = N { next: 0 } x.next = x y = N { next: 0 } y.next = y print(x == y)": "inside",
    "struct N<T> { next: T } x = N { next: 0 } for i in range(100000) { x = N { next: x } } print(x)": "inside",
    'x = topk([1.0], 1) x["values"] = x print(x)': "inside one another",
}


@pytest.mark.parametrize(("text", "says"), OTHER_LIMITS.items())
def test_other_limits(text: str, says: str) -> None:
    text = text.replace(str(BEYOND), "10 ** 30")
    assert says in failure(text).message


def test_an_interrupt_ends_a_loop() -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # processes in the background ignore it
    threading.Timer(0.2, interrupt_main).start()
    try:
        with pytest.raises(KeyboardInterrupt):
            output("while true {}")
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="the signal comes from a timer of the system")
@pytest.mark.parametrize("text", ["x = 7 ** 2000000 loop { y = x * x }", "x = 7 ** 4000000 y = 7 ** 2000000 z = x / y"])
def test_an_interrupt_ends_a_long_calculation(text: str) -> None:
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, 1.0)
    try:
        with pytest.raises(KeyboardInterrupt):
            output(text)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)

"""Programs as MIL text: what compilers write into the ``model.mil`` of a compiled model, and what people read.

    program(1.3)
    [buildInfo = dict<string, string>({{"coremlc-version", "3500.32.1"}})]
    {
        func main<ios18>(tensor<fp16, [1, ?]> x) {
                tensor<fp16, [1, ?]> y = relu(x = x)[name = string("y")];
            } -> (y);
    }

There are two dialects, told apart by nothing but how they write scalars: ``tensor<int32, []>(3)`` in programs of
version 1.0, ``int32(3)`` in those of 1.3. Both are read; the newer is written. `grammar.md` has the rest.
"""

from tensorlogic.mil.text.parser import parse
from tensorlogic.mil.text.printer import show

__all__ = ["parse", "show"]

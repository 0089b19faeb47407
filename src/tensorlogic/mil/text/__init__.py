"""Programs as MIL text: the ``model.mil`` of compiled models.

    program(1.3)
    [buildInfo = dict<string, string>({{"coremlc-version", "3500.32.1"}})]
    {
        func main<ios18>(tensor<fp16, [1, ?]> x) {
                tensor<fp16, [1, ?]> y = relu(x = x)[name = string("y_cast_fp16")];
            } -> (y);
    }

Of the two dialects, programs of version 1.0 write scalars as ``tensor<int32, []>(3)``, those of 1.3 as ``int32(3)``.
Both are read, and 1.3 is written, in the layout of Apple's compiler: what was read from its files prints as the same
text. In the notation of Python's grammar, where ``a.b+`` stands for several b between a:

    program:    'program' '(' NUMBER ')' [attributes] '{' function* '}'
    function:   'func' NAME '<' OPSET '>' '(' [','.value+] ')' [attributes] block ';'
    block:      '{' operation* '}' '->' '(' [','.NAME+] ')'
    operation:  [','.value+ '='] NAME '(' [','.(NAME '=' operands)+] ')' [attributes] [','.inner+] ';'
    inner:      ['(' [','.value+] ')'] block
    operands:   operand | '(' [','.operand+] ')'
    operand:    NAME | literal
    attributes: '[' [','.(NAME '=' literal)+] ']'
    value:      type NAME
    type:       DTYPE | 'tensor' '<' DTYPE ',' '[' (sizes | '...') ']' '>' | 'list' '<' type ',' size '>'
                | 'dict' '<' type ',' type '>' | 'tuple' '<' [','.type+] '>' | 'state' '<' type '>'
    literal:    type '(' (held | 'BLOBFILE' '(' 'path' '=' literal ',' 'offset' '=' literal ')') ')'
    held:       a number, true, false or a text; '[' held, ... ']' for axes and lists; '(' held, ... ')' for tuples;
                '{' '{' held ',' held '}', ... '}' for dictionaries

No file of Apple's was at hand for these, whose form is our own: inner blocks, which follow the operation as its body
follows a function; tensors of any rank, ``[...]``; names that are no words, between quotes; escapes in texts, as in C;
and numbers of types that NumPy lacks: integers below a byte as integers, bf16 and fp8 as their bits, ``0x3f80``.
"""

from tensorlogic.mil.text.parser import parse
from tensorlogic.mil.text.printer import show

__all__ = ["parse", "show"]

"""GGUF files: llama.cpp's, with metadata of named values and tensors in many quantized types.

Layout (little-endian): the magic ``GGUF``, u32 version, u64 tensor count, u64 metadata count; the metadata, each a
name, a u32 type and a value; for each tensor its name, sizes, type and offset; then, aligned, the tensors' bytes. Texts
are a u64 length and UTF-8. What the types are called and how large their blocks are is in the `gguf` package.
"""

from tensorlogic.formats.gguf.reader import GGUFFile, StoredTensor

__all__ = ["GGUFFile", "StoredTensor"]

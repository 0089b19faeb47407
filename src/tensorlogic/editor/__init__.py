"""What editors show of programs, and the language server that tells them (``tl lsp``).

Files and their analyses are in `documents`; every other file answers one kind of question about them with plain
functions, and `server` puts these behind the Language Server Protocol.
"""

"""What an engine's library does for each operation: one function per operation, the same file names per target."""

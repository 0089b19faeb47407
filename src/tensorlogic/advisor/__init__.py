"""What is expected of a model on the Neural Engine, from the file alone. Nothing here prints."""

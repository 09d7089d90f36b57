"""The logs that the history is read from."""

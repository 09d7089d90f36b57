"""Use cases of the history, and the ports they need."""

"""Values and pure functions of the history."""

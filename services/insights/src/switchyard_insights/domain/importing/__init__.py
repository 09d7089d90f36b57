"""How a row of a foreign call log becomes a row of the history."""

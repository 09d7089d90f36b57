"""How people and programs reach the history."""

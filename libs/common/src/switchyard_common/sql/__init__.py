"""A SQL store that a service keeps its state in: SQLite in a file, or PostgreSQL."""

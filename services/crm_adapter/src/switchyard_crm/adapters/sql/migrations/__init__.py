"""Schema changes, oldest first; Alembic runs them when the service starts."""

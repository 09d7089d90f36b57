"""The history in a SQL store."""

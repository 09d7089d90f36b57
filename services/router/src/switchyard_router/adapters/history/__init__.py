"""The history, read for comparisons and evaluations; this service never writes it."""

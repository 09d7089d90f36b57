"""Reading queries, and a Prometheus for tests."""

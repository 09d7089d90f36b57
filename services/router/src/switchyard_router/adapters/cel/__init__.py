"""Expressions in the Common Expression Language: read, checked, and evaluated by a Rust core."""

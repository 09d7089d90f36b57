"""Replaying a recorded time under other plans or policies, with the code that dispatches."""

"""Replays one day of a call log through a router, time-compressed, and compares the figures."""

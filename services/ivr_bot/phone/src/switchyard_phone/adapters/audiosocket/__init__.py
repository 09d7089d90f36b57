"""Callers whom Asterisk hands over by AudioSocket."""

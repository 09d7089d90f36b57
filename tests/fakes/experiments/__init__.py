"""Histories of comparisons, made up so that the truth is known."""

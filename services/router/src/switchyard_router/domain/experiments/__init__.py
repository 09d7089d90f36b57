"""Comparisons of policies on live contacts: how many it takes, and what can be said when."""

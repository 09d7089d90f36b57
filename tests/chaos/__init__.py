"""Routers, store and clients under faults, and a checker that was not there when they happened."""

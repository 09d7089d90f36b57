"""Reads the event log and keeps its history for reports and training."""

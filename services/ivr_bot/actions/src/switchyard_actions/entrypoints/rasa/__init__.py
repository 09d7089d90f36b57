"""Rasa's action protocol over HTTP."""

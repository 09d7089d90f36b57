"""Channels beside the chat page: what comes in over HTTP from other systems."""

"""Starts, watches and stops all Switchyard processes of one machine."""

"""The process's own status over HTTP."""

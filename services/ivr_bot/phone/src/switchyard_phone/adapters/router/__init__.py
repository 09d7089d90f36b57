"""The router: callers are contacts, and the process is one of its platform nodes."""

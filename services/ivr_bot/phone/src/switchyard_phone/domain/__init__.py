"""Values and pure machines of calls; no input or output."""

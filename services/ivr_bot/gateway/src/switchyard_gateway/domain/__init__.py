"""Values and rules of conversations; no input or output."""

"""What the legs of all lines have in common."""

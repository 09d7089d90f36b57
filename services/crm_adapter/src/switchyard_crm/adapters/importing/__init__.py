"""What customers are imported from: the format, and files in it."""

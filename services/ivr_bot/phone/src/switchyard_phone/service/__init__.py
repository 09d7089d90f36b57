"""What is done with a call, and the ports that need an outside."""

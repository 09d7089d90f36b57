"""How customers and agents reach the gateway."""

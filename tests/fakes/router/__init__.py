"""A router in this process, and clients that speak its contract."""

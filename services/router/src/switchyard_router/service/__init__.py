"""Use cases of the router, and the small ports they need."""

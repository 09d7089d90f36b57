"""How people and processes reach the telephone."""

"""Real Valkey servers for tests: alone, watched by Sentinels, and as a cluster."""

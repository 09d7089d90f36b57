"""Call logs and their mappings, as files."""

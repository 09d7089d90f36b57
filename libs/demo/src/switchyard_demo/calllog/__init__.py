"""Call logs in the Anonymous Bank format: read, generate, fill the gaps, and measure."""

"""Whether two records are of one person: pure, deterministic, and careful rather than complete."""

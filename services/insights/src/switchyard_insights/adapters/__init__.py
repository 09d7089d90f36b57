"""What the history talks to: streams, stores, files."""

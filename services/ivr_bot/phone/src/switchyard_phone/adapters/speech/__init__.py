"""Speech engines: what stands behind the port Recognizer."""

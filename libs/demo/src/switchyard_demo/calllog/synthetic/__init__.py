"""Call logs that never happened, in the bank's format, for people who do not have that log."""

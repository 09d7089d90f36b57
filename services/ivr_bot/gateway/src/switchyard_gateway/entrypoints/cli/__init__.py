"""Commands that a person runs on what the bot reports."""

"""Use cases of the bot and the ports they need."""

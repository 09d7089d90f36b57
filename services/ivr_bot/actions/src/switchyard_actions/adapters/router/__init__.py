"""What the bot asks of the router."""

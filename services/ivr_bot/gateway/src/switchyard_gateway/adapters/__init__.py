"""How the gateway reaches its store, the bot and the router."""

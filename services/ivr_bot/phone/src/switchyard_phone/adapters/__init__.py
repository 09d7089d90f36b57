"""How the telephone reaches calls, files, voices, the bot and the router."""

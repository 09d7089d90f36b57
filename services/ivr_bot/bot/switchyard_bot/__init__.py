"""The bot's own parts: understanding, the HTTP channel, training, and two repairs of Rasa."""

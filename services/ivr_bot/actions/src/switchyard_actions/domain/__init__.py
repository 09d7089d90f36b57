"""What the bot knows and decides, without Rasa, transport or storage."""

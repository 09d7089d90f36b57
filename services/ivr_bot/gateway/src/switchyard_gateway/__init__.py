"""The bot's channels: chat page, conversation API, hand-over."""

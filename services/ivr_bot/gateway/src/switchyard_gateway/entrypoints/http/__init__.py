"""The chat page and its websocket."""

"""The bot's actions: Rasa's action server and its gRPC clients."""

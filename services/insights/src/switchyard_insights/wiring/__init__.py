"""The parts of the service, put together."""

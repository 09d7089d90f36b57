"""The store and the import file: what the use cases reach through their ports."""

"""Configuration in YAML files: read, compared with a router, applied to it, and written."""

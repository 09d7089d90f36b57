"""How the service is put together, one module per subject; `main` calls them in order."""

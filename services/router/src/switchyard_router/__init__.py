"""The dispatch engine of Switchyard."""

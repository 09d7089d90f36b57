"""The command line of Switchyard."""

"""The unified customer context of Switchyard."""

"""What every Switchyard process needs and no domain owns."""

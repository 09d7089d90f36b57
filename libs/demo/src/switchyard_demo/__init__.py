"""What Switchyard is shown on: a demo company, and call logs real and invented."""

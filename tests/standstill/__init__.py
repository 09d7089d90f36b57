"""Whether the machine itself stood still while a test ran."""

"""What the use cases need from outside: the store, the CRM, metrics."""

"""What is taken out of the history when somebody is forgotten."""

CUSTOMER_KEY = "customer_key"
ERASED = "erased"
LINKS = (CUSTOMER_KEY, "initial_contact", "previous_contact", "related_contact")
"""Columns of a contact's leg that say who it was and what belonged to it."""

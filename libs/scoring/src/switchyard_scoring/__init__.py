"""What an agent is worth for a contact, as a formula and as a record that can be recomputed."""

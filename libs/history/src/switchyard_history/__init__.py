"""The tables that the history of a contact centre is kept in, defined once."""

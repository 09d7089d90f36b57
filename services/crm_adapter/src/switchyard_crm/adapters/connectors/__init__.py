"""Connectors: one module per kind of CRM, and what all of them share."""

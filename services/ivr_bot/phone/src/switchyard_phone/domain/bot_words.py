"""Which wishes and values keys can tell the bot. The bot's channel refuses others."""

INTENTS = frozenset(
    {
        "affirm",
        "appointment",
        "bill_balance",
        "branches",
        "callback",
        "cancel",
        "change_address",
        "complaint",
        "deny",
        "give_details",
        "no_details",
        "opening_hours",
        "order_status",
        "payment_arrangement",
        "pin_reset",
        "repeat",
        "ticket_create",
        "ticket_status",
        "ticket_update",
    }
)
"""Wishes. A person is no wish for the bot: `0` and `transfer` lead there by themselves."""

SLOTS = frozenset(
    {
        "bill_number",
        "code",
        "contact",
        "instalments",
        "order_number",
        "phone_last4",
        "pin",
        "rating",
        "ticket_number",
    }
)
"""Values that digits can give."""

CHOICE = "choice"
"""A value of its own: which of the answers that the bot showed last, from 1."""

SECRET_SLOTS = frozenset({"pin", "code"})
"""Values that prove who somebody is; a field for one is always secret."""

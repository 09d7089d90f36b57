"""What callers of the channel get wrong."""


class BadRequest(Exception):
    """The body is not what the channel accepts; the text says what is wrong."""

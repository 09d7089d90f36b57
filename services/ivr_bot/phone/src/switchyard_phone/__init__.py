"""The telephone: callers serve themselves by keys and voice, and reach a person."""

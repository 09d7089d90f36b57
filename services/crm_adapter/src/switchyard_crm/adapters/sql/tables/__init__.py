"""Tables of the store, by subject; `sql/schema.py` has all of them."""

"""Values and pure functions: identifiers, customers, who is behind identifiers."""

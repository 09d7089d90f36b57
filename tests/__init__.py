"""All tests; a package of its own, because others install one of this name, too (ciw)."""

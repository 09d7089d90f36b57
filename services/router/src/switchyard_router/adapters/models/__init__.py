"""Models from files: loaded, checked, scored fast, replaced while the router serves."""

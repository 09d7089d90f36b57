"""A lean load on a router: a process of its own that plays desktops and platform nodes."""

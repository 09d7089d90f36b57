"""The whole stack for a long time, under load and faults: what grows that must not."""

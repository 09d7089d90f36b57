"""The phone under load: calls with sound both ways, by SIP and AudioSocket."""

"""Callers who come by SIP; the only place that knows baresip."""

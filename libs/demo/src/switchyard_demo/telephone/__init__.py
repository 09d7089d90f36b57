"""Small SIP telephones for the demo: agents who answer, and a caller who presses keys.

Enough of SIP (RFC 3261, 3515) and RTP for calls between well-behaved programs on one machine, and
no more: UDP, one codec (PCMU), no registration, no authentication.
"""

"""A simulated floor, through the public contract only: a PBX node, desktops, callers, chats."""

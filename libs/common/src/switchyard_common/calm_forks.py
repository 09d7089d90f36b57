"""Imported before anything else by processes that use gRPC and start programs.

uvloop forks to start a program (a voice, a simulation), and gRPC's fork handlers may then wait for
ever for gRPC's own threads: the whole process stands still, calls and all. Nobody uses gRPC in a
forked child. gRPC reads this when it is first imported, and never again.
"""

import os

os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")

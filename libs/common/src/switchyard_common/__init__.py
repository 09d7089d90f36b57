"""What every Switchyard process needs and no domain owns."""

import os

# uvloop forks to start a program (a voice, a simulation), and gRPC's fork handlers may then wait
# for ever for gRPC's own threads: the whole process stands still, calls and all. Nobody uses gRPC
# in a forked child. It is read when grpc is first imported: hence here, where everybody comes by.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")

"""The router, put together: store, deciding, waiting times, servicers and faces, a part each."""

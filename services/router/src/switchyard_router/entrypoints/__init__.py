"""gRPC servicers: convert, call a use case, convert."""

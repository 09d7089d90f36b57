"""Commands of the router for `switchyard`: they ask a running router over gRPC."""

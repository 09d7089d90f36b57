"""The router over gRPC."""

"""The conversation service over gRPC."""

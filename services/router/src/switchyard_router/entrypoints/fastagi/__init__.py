"""FastAGI: routing for dialplans, which cannot call gRPC."""

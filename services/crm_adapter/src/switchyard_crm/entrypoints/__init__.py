"""What reaches the service from outside: gRPC, health, the command line."""

"""What outlives the process, in Redis or Valkey."""

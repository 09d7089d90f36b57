"""The state in Redis or Valkey: Lua scripts are its only writers."""

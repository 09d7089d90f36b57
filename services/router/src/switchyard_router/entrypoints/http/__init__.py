"""The HTTP/JSON face: each route is one RPC."""

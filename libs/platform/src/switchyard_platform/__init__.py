"""What a platform needs to be a node of the router: one stream, kept up over breaks."""

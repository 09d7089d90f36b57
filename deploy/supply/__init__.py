"""What ships is known: licences, a bill of materials, and no secrets in the repository."""

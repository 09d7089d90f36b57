"""Compare routing policies on recorded days, and search weights for better ones."""

"""What runs in the engines' own interpreter: models, and nothing of the telephone but sound."""

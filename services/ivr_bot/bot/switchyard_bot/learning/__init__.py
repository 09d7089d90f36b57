"""What is learned from examples: numpy and scipy only, so that it runs and is tested anywhere."""

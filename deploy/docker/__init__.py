"""What images are made with, and what is known of them without a container engine."""

"""What the customer adapter is measured with: people, matching, time."""

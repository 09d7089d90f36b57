"""What a routing policy would have made of recorded days: pieces that only compute."""

"""Where prompts come from: synthesizers, recordings and the store of clips."""

"""Values and pure functions: states, agents as columns, eligibility, choice, estimates."""

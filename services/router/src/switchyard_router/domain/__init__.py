"""Values and pure functions of routing: states, agents as columns, eligibility, choice, estimates."""

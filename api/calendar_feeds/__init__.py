"""Secret addresses at which calendar programs read the plan."""

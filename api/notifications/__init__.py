"""What somebody should know of, and how they want to hear of it."""

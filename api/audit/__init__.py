"""What happened: the log of a workspace, and of a person's own way in."""

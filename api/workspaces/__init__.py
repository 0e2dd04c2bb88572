"""Who is signed in, and the workspaces they belong to."""

"""Keys with which programs work in a workspace."""

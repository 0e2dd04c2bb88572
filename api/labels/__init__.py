"""Labels of posts."""

"""What a draft may achieve before it is posted."""

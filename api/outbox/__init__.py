"""Letters that were not sent, for whoever runs the installation."""

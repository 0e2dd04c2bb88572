"""The one-command experience: install, start, watch, explain and stop every process of an installation."""

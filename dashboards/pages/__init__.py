"""One page each; `render()` draws it into the frame that `dashboards/navigation.py` sets up."""

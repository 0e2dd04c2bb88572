"""One page each; `render()` draws it into the frame that `dashboards/entry/navigation.py` sets up."""

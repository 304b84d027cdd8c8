"""Life on a device: the model catalogue."""

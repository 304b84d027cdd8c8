"""Our ears, voice and mind for others in the house, by the Wyoming protocol."""

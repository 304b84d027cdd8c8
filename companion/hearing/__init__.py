"""Sound to words, and when the turn ends."""

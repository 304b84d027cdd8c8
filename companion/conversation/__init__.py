"""The turn loop: turn machine, drafts, attention."""

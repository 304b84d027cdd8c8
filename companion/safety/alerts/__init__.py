"""Alerts that arrive: who is told, in which words, through what, and whether anybody answered."""

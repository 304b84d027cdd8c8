"""Measuring the whole: bench and evaluate."""

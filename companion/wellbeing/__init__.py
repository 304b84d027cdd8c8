"""Days to a truthful half-page: journal, check-ins, scales, trends, summary."""

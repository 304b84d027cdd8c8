"""Before and after the mind: screening, protocols, the reply check, notices, alerts."""

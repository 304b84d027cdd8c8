"""What the doctor looks at: numbers in, findings with what to do out. Nothing here measures."""

"""What the person tells of their life: found in their words, kept with consent, recalled."""

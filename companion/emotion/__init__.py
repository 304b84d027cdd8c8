"""Sound and words to a feeling: prosody, a person's own baseline, two judges, and their fusion."""

"""The child process that holds pyannote: nothing outside this folder imports torch."""

"""What is answered without the language model: time, reminders, messages, a joke."""

"""Words to reply: language model, prompt, reply check, fallback, commands."""

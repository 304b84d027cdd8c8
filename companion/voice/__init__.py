"""Reply to sound: Piper, profiles, earcons, player."""

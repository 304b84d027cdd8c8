"""The companion as a device of Home Assistant, over MQTT.

Mute, volume, a text to be said, whether it runs; and, if the owner agreed, when it was last spoken
to, whether help was called for, and how the mood changes. Never a word that was said.
"""

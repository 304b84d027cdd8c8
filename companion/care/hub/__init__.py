"""Many residents, one team: devices publish what was agreed to, the hub shows a ward at a glance.

``publisher`` and ``feed`` run on the device, the other modules where the hub is. Between them is an
MQTT broker that is trusted with nothing: every message is signed, and kept until it is receipted.
"""

"""A voice-first, empathetic companion that lives on a home device and never uses a cloud."""

__version__ = "0.1.0"

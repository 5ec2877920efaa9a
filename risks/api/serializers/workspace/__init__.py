"""The serializers of working together on the register."""

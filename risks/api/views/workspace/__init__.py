"""The endpoints of working together on the register."""

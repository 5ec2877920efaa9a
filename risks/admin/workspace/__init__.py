"""The admin of what people do together in the register."""

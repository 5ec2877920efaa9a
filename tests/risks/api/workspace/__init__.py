"""The API of what people do together in the register."""

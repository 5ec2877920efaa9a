"""Storage of entries: in this process, and in a store that all processes share."""

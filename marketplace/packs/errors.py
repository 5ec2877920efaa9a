"""The error of everything that reads packs."""


class BadPack(Exception):
    """The pack is not loaded. The message says what is wrong with it."""

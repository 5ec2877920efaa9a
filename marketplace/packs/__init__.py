"""Content packs: data that is signed, installed, upgraded and rolled back. They carry no code."""

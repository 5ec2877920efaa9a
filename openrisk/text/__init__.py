"""Text that people write: `folding` is what a search compares."""

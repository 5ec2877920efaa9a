"""Programs that measure, and write what they measured. None of them is a test."""

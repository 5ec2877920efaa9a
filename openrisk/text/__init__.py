"""Text that people write: `cleaning` removes what no one sees, `fields` are columns of clean text,
`folding` is what a search compares.
"""

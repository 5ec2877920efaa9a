"""Changes of many risks: `forms` (value, selection, consent), `changes` (preview, apply, undo)."""

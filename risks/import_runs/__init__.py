"""Import runs: records are planned, previewed, applied, and undone. No file formats here."""

"""Rows of the register as the API shows and reads them, one module a subject."""

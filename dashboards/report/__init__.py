"""Figures as a document to print and to mail."""

"""Importing registers that nobody here designed, and what export shares with it.

Reading is free of the database: `reader.read_table` turns a file into a table of text,
`interpret.interpret` turns the table into values of risks, with every guess and every error.
"""

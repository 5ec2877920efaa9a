"""Boards: pages of figures that people compose.

Read `editing`, then `importer`, which creates the boards that content packs bring.
"""

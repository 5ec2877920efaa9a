"""Boards: pages of figures that people arrange and share, and that packs bring."""

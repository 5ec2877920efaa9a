"""Load scenarios. They speak HTTP only: see README.md."""

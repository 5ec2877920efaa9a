"""Storage of entries: `entry`, `local` (this process), `shared` (all processes), `breaker`."""

"""Views of the register: `risks` first; `bulk` has the changes that it and bulk requests share."""

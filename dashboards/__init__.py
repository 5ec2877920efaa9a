"""Read models over the register: figures, and the pages that show them."""

"""The pages of working together on the register: `deleted` (what can be restored)."""

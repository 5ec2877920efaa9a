"""Controls: `listing` (one page of the tree) and `control_list` (its page), `control` (one of them,
with its evidence and risks), `editing` (forms of controls and frameworks), `coverage` (risks and
controls side by side), `files` (exports)."""

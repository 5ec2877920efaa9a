"""The way into an empty organization: `checklist`, what there is to do and what is done."""

"""Changes of many risks at once: previewed, applied as one recorded action, undone by one.

Read `kinds` (each thing that can be changed: its rules, and how it is written), `lifecycle`
(preview, apply, undo), `wording` (sentences for people).
"""

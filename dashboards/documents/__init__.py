"""The look of an organization's documents: its logo and a line on confidentiality.

Read `logo` (which pictures are taken), then `settings` (read and change them).
"""

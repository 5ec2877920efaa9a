"""Forms that lose nothing: drafts, and creating once however often a form is sent."""

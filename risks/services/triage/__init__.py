"""Work on findings: read `decisions` (accept, false positive, reopen), then `risks_of_findings`."""

"""The pages of scheduled reports, under /o/<organization>/reports/.

Read `forms` (times in words, recipients), `rows` (what a list shows of a schedule), `listing`,
`editing` (create and change), then `steps` (send now, pause, delete).
"""

"""Scheduled reports: an overview or a board that is sent by e-mail, again and again.

Read `timing` (when it is sent, in words and as cron), `editing` (create and change a schedule),
`rights` (what its author may show and to whom), and `sending` (the message, and sending it once).
`dashboards.tasks` starts it all every minute.
"""

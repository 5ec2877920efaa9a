"""Pages for operators: `overview` (alerts and health), `cache` (the response cache), `runbooks`."""

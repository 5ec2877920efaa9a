"""The services of working together on the register: saved views of its list, attachments,
comments with mentions, watches."""

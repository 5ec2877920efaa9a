"""The REST views of the register, one file a subject. They parse and call services, no more."""

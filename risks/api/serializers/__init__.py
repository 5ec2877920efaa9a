"""How the API shows and reads the rows of the register, one file a subject."""

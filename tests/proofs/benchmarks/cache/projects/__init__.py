"""What is measured: settings and WSGI applications, each loaded by a server process of its own."""

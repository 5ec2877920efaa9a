"""The kinds of connectors. Each is a module of this package that defines one `Connector`."""

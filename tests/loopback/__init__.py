"""A server of our own that speaks the providers' protocols over real sockets, with faults."""

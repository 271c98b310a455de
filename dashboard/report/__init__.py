"""Reports of a finished run: a table for people, a document for programs."""

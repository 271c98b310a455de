"""The faces: web app, command line, report."""

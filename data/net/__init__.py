"""How the program talks to a source over the network: pace, retries, deadlines, secrets."""

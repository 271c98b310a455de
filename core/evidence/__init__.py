"""Evidence: how much of what a run or a comparison says could be luck."""

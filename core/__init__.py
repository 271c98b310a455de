"""Pure engine: arrays and frames in, results out."""

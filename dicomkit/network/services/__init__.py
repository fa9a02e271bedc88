"""What peers do for each other over an association (PS3.4): verification, storage."""

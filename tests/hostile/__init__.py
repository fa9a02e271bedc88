"""Attacks, one class at a time: bytes and files that lie, each with the answer that is right."""

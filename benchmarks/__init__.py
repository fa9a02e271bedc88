"""Benchmarks of dicomkit beside the libraries that a user would pick instead."""

"""Compiled: value fields to Python values, for the compiled data element and data set."""

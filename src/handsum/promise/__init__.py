"""Promises: bounds on the error of accepted values, made, kept in files and held to account."""

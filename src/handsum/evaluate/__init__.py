"""Measuring from saved predictions alone; nothing here needs a net."""

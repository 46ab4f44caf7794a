"""What a score is worth: calibration maps, exact bounds, acceptance, audits. NumPy alone."""

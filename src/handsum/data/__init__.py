"""Handwriting to learn from and to measure by: sources, splits, augmentation, synthesis."""

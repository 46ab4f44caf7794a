"""From net outputs to the most probable text that satisfies what is known about it."""

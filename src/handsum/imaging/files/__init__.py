"""One module a container: sizes before pixels, a missing end seen, metadata left aside."""

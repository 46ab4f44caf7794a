"""The service: an HTTP API and pages over readers, forms and piles, with no logic of reading."""

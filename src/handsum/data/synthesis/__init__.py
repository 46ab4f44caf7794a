"""Pictures of handwritten numbers, composed from single digits, with every defect switchable."""

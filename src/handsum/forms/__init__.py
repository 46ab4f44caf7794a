"""Forms: templates, printing and drafting them, pages matched to them and read."""

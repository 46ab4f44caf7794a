"""The only preprocessing: files to grey pictures, grey pictures to normalised ink."""

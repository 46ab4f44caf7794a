"""Steps that bring a store of any older version to the tables of handsum.piles.schema."""

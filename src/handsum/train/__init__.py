"""From a recipe to a trained net, one readable loop."""

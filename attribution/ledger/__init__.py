"""Steps of the optimizer taken apart, and amounts for each interval that add up."""

"""Attribution: which training samples moved which evaluation items."""

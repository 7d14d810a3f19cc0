"""Language that hurts and advertising that breaks the law, told from text that only speaks of them."""

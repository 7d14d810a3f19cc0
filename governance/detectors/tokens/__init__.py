"""What a chat template and a tokenizer make of a conversation."""

"""What makes a row dangerous to keep or to train on: credentials, hidden characters, injected orders, active markup."""

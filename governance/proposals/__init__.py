"""Changes of the next split that one person proposes and another approves; `govern curate` takes them up."""

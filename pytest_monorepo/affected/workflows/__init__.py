"""What a CI's workflow runs: whether tests, and of which projects."""

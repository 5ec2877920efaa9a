"""What operators look at: the page of the response cache."""

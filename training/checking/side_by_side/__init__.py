"""What the page of a check shows beside its verdict: both models in rows, and what fails."""

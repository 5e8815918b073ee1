"""What compare, ablate and bench do: lanes in lockstep, causes of drift, other libraries."""

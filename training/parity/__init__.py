"""How far two sides are apart: distances, bits, the ladder of claims, every tolerance."""

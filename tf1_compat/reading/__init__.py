"""What a TensorFlow 1 graph says of itself: optimizer, dropout, clips, decays; nothing is run."""

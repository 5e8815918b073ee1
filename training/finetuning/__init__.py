"""Fine-tuning: handed over, trained by a recipe, saved on the way, studied."""

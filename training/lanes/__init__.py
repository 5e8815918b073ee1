"""Whatever trains the article's model: made, trained side by side, recorded."""

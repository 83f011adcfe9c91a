"""What several windows are made of: labels, bars, symbols."""

"""What the installers decide, and what they write."""

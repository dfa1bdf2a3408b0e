"""What may be asked, and when: arithmetic on numbers and text."""

"""What several files of controls look with; each question is asked once in a verification."""

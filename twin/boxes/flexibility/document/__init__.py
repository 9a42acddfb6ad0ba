"""The problem document: what a utility writes down to have a day planned, read, checked and turned into a problem."""

"""The publisher's room: figures drafted beside what is public, the embargo, stories; every deed a line of the book."""

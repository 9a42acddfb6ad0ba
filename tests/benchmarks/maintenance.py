"""What ``regie bench maintenance`` measures."""

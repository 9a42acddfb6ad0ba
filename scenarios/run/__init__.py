"""What ``regie run`` does: scenarios made ready, all faults first, then played one by one or several at once."""

"""What-ifs on a warm compiled grid: a process of its own below the work process, which reads the journal and writes nothing."""

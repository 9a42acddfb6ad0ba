"""The grid on the screen: what single-line diagram and map share, what-ifs on them, and the look-ahead."""

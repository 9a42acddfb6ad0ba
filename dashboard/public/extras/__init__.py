"""What hangs around the public page: widget, screen, images, feeds, and what makes it installable and readable offline."""

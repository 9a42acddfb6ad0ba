"""Flexible devices in field terms; each says of which parts of the linear programme it is made."""

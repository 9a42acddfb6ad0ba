"""The shift log and the handover sheet: what happened, and what whoever comes must know."""

"""What to visit next: consequence from the engine, hours in which an asset may be taken out, CHF of risk avoided per CHF."""

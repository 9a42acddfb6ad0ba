"""Sites and stories that run on them: packaged site files today, scenarios on top."""

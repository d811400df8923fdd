"""What writes generated files: tables of the manual, the reference run, the published schemas."""

"""C24: Cagnetta et al. (PRX 2024)."""

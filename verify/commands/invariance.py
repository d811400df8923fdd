"""stub"""

EPILOG = "Example: layerproof invariance"


def invariance() -> None:
    """stub"""

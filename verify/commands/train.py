"""stub"""

EPILOG = "Example: layerproof train"


def train() -> None:
    """stub"""

"""stub"""
EPILOG = "Example: layerproof verify"
def verify() -> None:
    """stub"""

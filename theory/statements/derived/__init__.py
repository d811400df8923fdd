"""Laws that this package derives, and judges as hard as anyone's."""

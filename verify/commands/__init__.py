"""The commands of `layerproof`, one file each; heavy imports stand inside the commands."""
